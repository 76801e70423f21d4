/* cause: map-kind */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u64 x = 1;
	bpf_ringbuf_output(&counts, &x, 8, 0); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
