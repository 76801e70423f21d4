/* cause: map-refused */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_STACK);
	__uint(key_size, 4);
	__uint(value_size, 4);
	__uint(max_entries, 10);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	bpf_map_push_elem(&events, &ctx, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
