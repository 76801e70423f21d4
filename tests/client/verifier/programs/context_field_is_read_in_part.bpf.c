/* cause: context-field */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int enter(struct xdp_md *ctx)
{
	return ((__u8 *)ctx)[1]; /* here */
}

char LICENSE[] SEC("license") = "GPL";
