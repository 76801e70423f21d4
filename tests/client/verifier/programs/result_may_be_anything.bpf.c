/* cause: return-value */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("cgroup/sock_create")
int enter(struct bpf_sock *sk)
{
	return sk->family; /* here */
}

char LICENSE[] SEC("license") = "GPL";
