/* cause: null-not-checked */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int enter(struct __sk_buff *ctx)
{
	struct bpf_sock_tuple t = {};
	struct bpf_sock *sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	bpf_sk_release(sk); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
