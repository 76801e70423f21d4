/* cause: context-field */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int enter(struct xdp_md *ctx)
{
	ctx->ingress_ifindex = 1; /* here */
	return XDP_PASS;
}

char LICENSE[] SEC("license") = "GPL";
