#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}

/// @brief Counts calls
/// @details Of all kinds
/// @version 2.3.4
char LICENSE[] SEC("license") = "Dual BSD/GPL";
