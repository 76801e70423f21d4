/* cause: not-released */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int enter(struct __sk_buff *ctx)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (sk)
		return sk->state == 1;
	return 0;
} /* here */

char LICENSE[] SEC("license") = "GPL";
