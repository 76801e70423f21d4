#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @tchook {"ifindex": 1, "attach_point": "BPF_TC_EGRESS"}
/// @tcopts {"handle": 3, "priority": 7}
SEC("tc")
int egress(struct __sk_buff *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
