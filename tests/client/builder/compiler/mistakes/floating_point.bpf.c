/* help: BPF has no floating point */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

int total;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return total * 1.5; /* here */
}

char LICENSE[] SEC("license") = "GPL";
