/* cause: packet-end-moved */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int enter(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	if (data > end - 14) /* here */
		return XDP_PASS;
	return *(__u8 *)data;
}

char LICENSE[] SEC("license") = "GPL";
