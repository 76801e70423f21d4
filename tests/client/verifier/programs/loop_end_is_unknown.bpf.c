/* cause: too-many-instructions */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u32 n;
__u32 sum;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u32 end = n;

	for (__u32 i = 0; i < end; i++) sum += n; /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
