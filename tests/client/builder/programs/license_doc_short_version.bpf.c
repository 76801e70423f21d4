/* A version of two numbers, as programs for eunomia-bpf may have it. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}

/// @brief Counts nothing
/// @version v0.1
char LICENSE[] SEC("license") = "GPL";
