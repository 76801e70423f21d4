// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A table of what was running each time that a clock looked, 49 times a second on each processor unless --frequency
 * says otherwise. Idle processors are left out.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "profile.h"

#define MAX_FRAMES 127

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only the stacks of the kernel
/// @cmdarg {"default": false, "long": "kernel-only", "short": "K"}
const volatile bool kernel_only = false;

struct {
	__uint(type, BPF_MAP_TYPE_STACK_TRACE);
	__uint(max_entries, 16384);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, MAX_FRAMES * sizeof(__u64));
} stacks SEC(".maps");

/// @sample {"interval": 1000}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct place);
	__type(value, struct samples);
} places SEC(".maps");

/// @attach {"frequency": 49}
SEC("perf_event")
int look(struct bpf_perf_event_data *ctx)
{
	static const struct samples none;
	__u64 id = bpf_get_current_pid_tgid();
	struct place place = { .pid = id >> 32, .user_stack = -1 };
	struct samples *samples;

	if (!(__u32)id || (target_pid && target_pid != place.pid))
		return 0;
	place.kernel_stack = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
	if (!kernel_only)
		place.user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | BPF_F_USER_STACK);
	bpf_get_current_comm(place.comm, sizeof(place.comm));
	samples = bpf_map_lookup_elem(&places, &place);
	if (!samples) {
		bpf_map_update_elem(&places, &place, &none, BPF_NOEXIST);
		samples = bpf_map_lookup_elem(&places, &place);
	}
	if (samples)
		__sync_fetch_and_add(&samples->count, 1);
	return 0;
}

/// @description Samples what runs on the processors, by stacks
char LICENSE[] SEC("license") = "GPL";
