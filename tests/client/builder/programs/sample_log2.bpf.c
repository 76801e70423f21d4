#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
struct hist {
	__u32 slots[26];
};

/// @sample {"interval": 1000, "type" : "log2_hist"}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, struct hist);
} hists SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
