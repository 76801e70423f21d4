/* help: 32 or 64 bits */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

char count;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return __sync_fetch_and_add(&count, 1); /* here */
}

char LICENSE[] SEC("license") = "GPL";
