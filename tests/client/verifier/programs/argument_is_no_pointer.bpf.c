/* cause: argument-kind */
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
	__u64 *c = bpf_map_lookup_elem(&counts, (void *)5); /* here */
	return c ? *c : 0;
}

char LICENSE[] SEC("license") = "GPL";
