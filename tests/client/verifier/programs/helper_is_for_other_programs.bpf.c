/* cause: helper-not-here */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int enter(struct xdp_md *ctx)
{
	return bpf_get_func_ip(ctx); /* here */
}

char LICENSE[] SEC("license") = "GPL";
