/* cause: address-followed */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(struct bpf_raw_tracepoint_args *ctx)
{
	__u64 *regs = (void *)ctx->args[0];

	return regs[10]; /* here */
}

char LICENSE[] SEC("license") = "GPL";
