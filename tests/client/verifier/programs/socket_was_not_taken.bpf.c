/* cause: released-twice */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tc")
int enter(struct __sk_buff *ctx)
{
	struct bpf_sock *sk = ctx->sk;

	if (sk)
		bpf_sk_release(sk); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
