/* help: the format must stand in the call itself */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	const char *format = "entered";

	bpf_printk(format); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
