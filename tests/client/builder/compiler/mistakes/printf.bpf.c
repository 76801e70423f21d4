/* help: print with bpf_printk("…", …) */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	printf("entered"); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
