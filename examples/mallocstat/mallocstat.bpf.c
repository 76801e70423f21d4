// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A histogram of the sizes that programs ask malloc(3) for, of all programs that use the C library or of one process.
 * Programs with an allocator of their own, as Python has for small objects, are seen where they come to malloc.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "mallocstat.h"

/// @sample {"interval": 1000, "type": "log2_hist", "unit": "bytes"}
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sizes);
} sizes SEC(".maps");

static __always_inline __u32 log2_of(__u64 value)
{
	__u32 found = 0;

	for (int bit = 32; bit; bit >>= 1) {
		if (value >> bit) {
			value >>= bit;
			found += bit;
		}
	}
	return found;
}

SEC("uprobe/libc.so.6:malloc")
int BPF_KPROBE(asks, __u64 size)
{
	__u32 zero = 0, slot = log2_of(size);
	struct sizes *found = bpf_map_lookup_elem(&sizes, &zero);

	if (!found)
		return 0;
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__sync_fetch_and_add(&found->slots[slot], 1);
	return 0;
}

/// @description Shows how large the pieces of memory are that a program asks for
char LICENSE[] SEC("license") = "GPL";
