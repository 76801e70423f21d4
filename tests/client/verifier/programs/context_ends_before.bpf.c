/* cause: context-field */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int enter(struct xdp_md *ctx)
{
	return ((__u32 *)ctx)[20]; /* here */
}

char LICENSE[] SEC("license") = "GPL";
