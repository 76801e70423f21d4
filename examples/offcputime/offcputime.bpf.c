// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A table of the places where threads leave the processor to wait, with the time that they stay away.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "offcputime.h"

#define MAX_FRAMES 127
#define PF_KTHREAD 0x00200000 /* flags of a task: it is a thread of the kernel */

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only waits of at least so many microseconds
/// @cmdarg {"default": 1, "long": "longer", "short": "l"}
const volatile unsigned long long longer_than = 1;

struct start {
	__u64 at;
	struct place place;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384);
	__type(key, __u32); /* thread */
	__type(value, struct start);
} away SEC(".maps");

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
	__type(value, struct waits);
} places SEC(".maps");

/* The thread that leaves is still the current one: its stacks are taken now. */
static __always_inline void leaves(void *ctx, struct task_struct *task)
{
	struct start start = {};
	__u32 tid = task->pid;

	if (!tid || task->flags & PF_KTHREAD || (target_pid && target_pid != task->tgid))
		return;
	start.place.pid = task->tgid;
	start.place.kernel_stack = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP);
	start.place.user_stack = bpf_get_stackid(ctx, &stacks, BPF_F_FAST_STACK_CMP | BPF_F_USER_STACK);
	bpf_probe_read_kernel_str(start.place.comm, sizeof(start.place.comm), task->comm);
	start.at = bpf_ktime_get_ns();
	bpf_map_update_elem(&away, &tid, &start, BPF_ANY);
}

static __always_inline void returns(struct task_struct *task)
{
	static const struct waits none;
	__u32 tid = task->pid;
	struct start *start = bpf_map_lookup_elem(&away, &tid);
	struct waits *waits;
	struct place place;
	__u64 took;

	if (!start)
		return;
	took = bpf_ktime_get_ns() - start->at;
	place = start->place;
	bpf_map_delete_elem(&away, &tid);
	if (took < longer_than * 1000)
		return;
	waits = bpf_map_lookup_elem(&places, &place);
	if (!waits) {
		bpf_map_update_elem(&places, &place, &none, BPF_NOEXIST);
		waits = bpf_map_lookup_elem(&places, &place);
	}
	if (waits) {
		__sync_fetch_and_add(&waits->time, took);
		__sync_fetch_and_add(&waits->count, 1);
	}
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches, bool preempted, struct task_struct *before, struct task_struct *next)
{
	leaves(ctx, before);
	returns(next);
	return 0;
}

/// @description Sums up where threads wait, by their stacks
char LICENSE[] SEC("license") = "GPL";
