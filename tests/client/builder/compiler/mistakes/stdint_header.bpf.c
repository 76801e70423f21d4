/* help: #include no header of the kernel or of the C library beside it */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <stdint.h> /* here */

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
