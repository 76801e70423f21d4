/* cause: licence */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u64 x;
	bpf_probe_read_kernel(&x, sizeof(x), ctx); /* here */
	return x;
}

char LICENSE[] SEC("license") = "Apache-2.0";
