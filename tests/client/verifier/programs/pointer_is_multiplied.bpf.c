/* cause: pointer-arithmetic */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return (__u64)ctx * 3; /* here */
}

char LICENSE[] SEC("license") = "GPL";
