/* cause: function-argument */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct item { __u64 a; };

__noinline int look(struct item *i)
{
	return i ? i->a : 0;
}

SEC("raw_tp/sys_enter")
int enter(struct bpf_raw_tracepoint_args *ctx)
{
	return look((void *)ctx->args[0]); /* here */
}

char LICENSE[] SEC("license") = "GPL";
