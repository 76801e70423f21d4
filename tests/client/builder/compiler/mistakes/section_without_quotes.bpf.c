/* help: put the section's name into quotes */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC(raw_tp/sys_enter) /* here */
int enter(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
