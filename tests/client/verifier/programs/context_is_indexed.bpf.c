/* cause: context-moved */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u32 n;

SEC("tc")
int enter(struct __sk_buff *ctx)
{
	__u32 i = n & 3;
	return ctx->cb[i]; /* here */
}

char LICENSE[] SEC("license") = "GPL";
