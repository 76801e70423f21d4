/* cause: beyond-the-stack */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, 4);
	__uint(value_size, 4);
} out SEC(".maps");
struct e { __u64 a; __u64 b; };

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct e e = {};
	bpf_perf_event_output(ctx, &out, BPF_F_CURRENT_CPU, &e, sizeof(e) * 2); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
