#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @sample {"interval": 1000}
SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
