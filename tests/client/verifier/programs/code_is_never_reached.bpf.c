/* cause: unreachable-code */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	asm volatile("r0 = 0; exit; r0 = 1"); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
