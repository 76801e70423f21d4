/* cause: too-many-instructions */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u32 n;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u32 sum = 0;

	for (__u32 i = 0; i < 2000000; i++) sum += n; /* here */
	return sum;
}

char LICENSE[] SEC("license") = "GPL";
