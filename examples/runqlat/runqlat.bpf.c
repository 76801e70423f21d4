// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Histograms of the time from when a thread could run until it ran.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "runqlat.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description A histogram for each process
/// @cmdarg {"default": false, "long": "processes", "short": "P"}
const volatile bool by_process = false;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32); /* thread */
	__type(value, __u64); /* since when it could run, ns */
} waiting SEC(".maps");

/// @sample {"interval": 1000, "type": "log2_hist", "unit": "us"}
/// @metric {"name": "run_queue_wait_us", "kind": "histogram", "help": "Time that threads wait for a processor",
///          "labels": {"pid": "pid"}}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct who);
	__type(value, struct hist);
} hists SEC(".maps");

/* Until 5.14 the member was called `state`. */
struct task_struct___before {
	volatile long state;
} __attribute__((preserve_access_index));

static __always_inline bool is_runnable(struct task_struct *task)
{
	if (bpf_core_field_exists(struct task_struct, __state))
		return !BPF_CORE_READ(task, __state);
	return !BPF_CORE_READ((struct task_struct___before *)task, state);
}

/* Slot i holds what is from 2^i to below 2^(i+1); slot 0 also what is 0. */
static __always_inline unsigned int slot_of(__u64 value)
{
	unsigned int slot = 0;

	for (int bits = 32; bits; bits >>= 1) {
		if (value >> bits) {
			value >>= bits;
			slot += bits;
		}
	}
	return slot < SLOTS ? slot : SLOTS - 1;
}

static __always_inline int can_run(struct task_struct *task)
{
	__u32 tid = task->pid;
	__u64 now = bpf_ktime_get_ns();

	if (tid && (!target_pid || target_pid == task->tgid))
		bpf_map_update_elem(&waiting, &tid, &now, BPF_ANY);
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(wakes, struct task_struct *task)
{
	return can_run(task);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(wakes_first, struct task_struct *task)
{
	return can_run(task);
}

static __always_inline void count(struct task_struct *task, __u64 value)
{
	static const struct hist none;
	struct who who = { .pid = by_process ? task->tgid : 0 };
	struct hist *hist = bpf_map_lookup_elem(&hists, &who);

	if (!hist) {
		bpf_map_update_elem(&hists, &who, &none, BPF_NOEXIST);
		hist = bpf_map_lookup_elem(&hists, &who);
		if (!hist)
			return;
		if (by_process)
			bpf_probe_read_kernel_str(hist->comm, sizeof(hist->comm), task->comm);
		else
			__builtin_memcpy(hist->comm, "(all)", sizeof("(all)"));
	}
	__sync_fetch_and_add(&hist->slots[slot_of(value)], 1);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches, bool preempted, struct task_struct *before, struct task_struct *next)
{
	__u32 tid = next->pid;
	__u64 *since;

	if (is_runnable(before)) /* it was put back into the queue */
		can_run(before);
	since = bpf_map_lookup_elem(&waiting, &tid);
	if (!since)
		return 0;
	count(next, (bpf_ktime_get_ns() - *since) / 1000);
	bpf_map_delete_elem(&waiting, &tid);
	return 0;
}

/// @description Shows how long threads wait for a processor
char LICENSE[] SEC("license") = "GPL";
