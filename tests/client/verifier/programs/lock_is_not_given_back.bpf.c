/* cause: lock-not-given-back */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct value { struct bpf_spin_lock lock; __u64 n; };
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct value);
} locked SEC(".maps");

SEC("tc")
int enter(struct __sk_buff *ctx)
{
	__u32 key = 0;
	struct value *v = bpf_map_lookup_elem(&locked, &key);
	if (!v)
		return 0;
	bpf_spin_lock(&v->lock);
	v->n += 1;
	return 0;
} /* here */

char LICENSE[] SEC("license") = "GPL";
