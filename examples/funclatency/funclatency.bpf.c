// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A histogram of the time that one function of the kernel takes, from its call to its return: --symbol vfs_read. A
 * function that calls itself is timed by its innermost call.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "funclatency.h"

/// @description Only when this process calls it
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);   /* thread */
	__type(value, __u64); /* nanoseconds since boot */
} began SEC(".maps");

/// @sample {"interval": 1000, "type": "log2_hist", "unit": "ns"}
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct latencies);
} latencies SEC(".maps");

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

SEC("kprobe")
int BPF_KPROBE(called)
{
	__u64 now = bpf_ktime_get_ns(), id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (!target_pid || target_pid == (int)(id >> 32))
		bpf_map_update_elem(&began, &tid, &now, BPF_ANY);
	return 0;
}

SEC("kretprobe")
int BPF_KRETPROBE(returned)
{
	__u32 zero = 0, slot, tid = bpf_get_current_pid_tgid();
	__u64 *start = bpf_map_lookup_elem(&began, &tid);
	struct latencies *found = bpf_map_lookup_elem(&latencies, &zero);

	if (!start || !found)
		return 0;
	slot = log2_of(bpf_ktime_get_ns() - *start);
	if (slot >= SLOTS)
		slot = SLOTS - 1;
	__sync_fetch_and_add(&found->slots[slot], 1);
	bpf_map_delete_elem(&began, &tid);
	return 0;
}

/// @description Shows how long a function of the kernel takes
char LICENSE[] SEC("license") = "GPL";
