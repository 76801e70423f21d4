#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @ifindex 1
SEC("xdp")
int pass(struct xdp_md *context)
{
	return XDP_PASS;
}

/// @brief Not the package: only LICENSE is
char _license[] SEC("license") = "GPL";
