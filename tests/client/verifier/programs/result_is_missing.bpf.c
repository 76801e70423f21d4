/* cause: result-missing */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
__attribute__((naked)) int enter(void *ctx)
{
	asm volatile("exit"); /* here */
}

char LICENSE[] SEC("license") = "GPL";
