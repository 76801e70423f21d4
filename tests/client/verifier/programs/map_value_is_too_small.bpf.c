/* cause: beyond-the-value */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");
struct big { __u64 a, b; };

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u32 key = 1;
	struct big *v = bpf_map_lookup_elem(&counts, &key);
	if (!v)
		return 0;
	return v->b; /* here */
}

char LICENSE[] SEC("license") = "GPL";
