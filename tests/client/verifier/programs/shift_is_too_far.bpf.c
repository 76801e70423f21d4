/* cause: shift-too-far */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u64 x = bpf_ktime_get_ns();
	asm volatile("%0 <<= 70" : "+r"(x)); /* here */
	return x;
}

char LICENSE[] SEC("license") = "GPL";
