#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}

/// Counts system calls.
char LICENSE[] SEC("license") = "GPL v2";
