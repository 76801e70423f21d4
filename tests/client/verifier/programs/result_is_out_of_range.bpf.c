/* cause: return-value */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup_skb/egress")
int enter(struct __sk_buff *skb)
{
	return 7; /* here */
}

char LICENSE[] SEC("license") = "GPL";
