/* cause: endless-loop */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u32 n;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	while (1)
		n += 1; /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
