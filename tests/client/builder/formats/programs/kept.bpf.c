#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct who {
	int process;
	char word[8];
};
struct hist {
	__u32 slots[8];
};

const volatile int process = 0;

/// @sample {"interval": 100}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, struct who);
	__type(value, u64);
} counts SEC(".maps");

/// @sample {"interval": 100, "type": "log2_hist", "unit": "calls"}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, struct hist);
} hists SEC(".maps");

/// @sample {"interval": 100}
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 8);
	__type(key, u32);
	__type(value, u64);
} spread SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	struct who who = { .process = process, .word = "them" };
	struct hist hist = { .slots = { 1, 0, 0, 4 } };
	u64 count = 42;
	u32 key = 9;

	if (bpf_get_current_pid_tgid() >> 32 != process)
		return 0;
	bpf_map_update_elem(&counts, &who, &count, BPF_ANY);
	bpf_map_update_elem(&hists, &key, &hist, BPF_ANY);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
