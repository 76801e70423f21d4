#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @attach {"binary": "/bin/sh", "symbol": "main"}
SEC("uprobe")
int called(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
