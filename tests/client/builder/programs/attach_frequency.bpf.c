#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @attach {"frequency": 49}
SEC("perf_event")
int tick(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
