#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
struct who {
	u32 pid;
	char comm[16];
};
struct sums {
	u64 reads, writes;
};

/// @sample {"interval": 1000}
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 64);
	__type(key, struct who);
	__type(value, struct sums);
} sums SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
