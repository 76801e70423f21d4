/* cause: callback-result */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static long step(__u32 index, void *context)
{
	return 5; /* here */
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return bpf_loop(10, step, 0, 0);
}

char LICENSE[] SEC("license") = "GPL";
