/* cause: register-not-set */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	asm volatile("r0 = r8" ::: "r0"); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
