/* help: put events.h beside the program */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "events.h" /* here */

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
