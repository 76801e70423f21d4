/* help: #include no header of the kernel or of the C library beside it */
#include <linux/bpf.h>
#include "vmlinux.h" /* here */
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
