// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Histograms of how long threads run before they leave the processor; with --off, of how long they stay away from it.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "cpudist.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description A histogram for each process
/// @cmdarg {"default": false, "long": "processes", "short": "P"}
const volatile bool by_process = false;

/// @description The time off the processor: asleep or waiting
/// @cmdarg {"default": false, "long": "off", "short": "o"}
const volatile bool off_processor = false;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u32); /* thread */
	__type(value, __u64); /* since when it is on or off, ns */
} since SEC(".maps");

/// @sample {"interval": 1000, "type": "log2_hist", "unit": "us"}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096);
	__type(key, struct who);
	__type(value, struct hist);
} hists SEC(".maps");

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

static __always_inline bool asked_for(struct task_struct *task)
{
	return task->pid && (!target_pid || target_pid == task->tgid);
}

static __always_inline void begins(struct task_struct *task, __u64 now)
{
	__u32 tid = task->pid;

	if (asked_for(task))
		bpf_map_update_elem(&since, &tid, &now, BPF_ANY);
}

static __always_inline void ends(struct task_struct *task, __u64 now)
{
	static const struct hist none;
	struct who who = { .pid = by_process ? task->tgid : 0 };
	__u32 tid = task->pid;
	__u64 *start = asked_for(task) ? bpf_map_lookup_elem(&since, &tid) : NULL;
	struct hist *hist;

	if (!start)
		return;
	hist = bpf_map_lookup_elem(&hists, &who);
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
	__sync_fetch_and_add(&hist->slots[slot_of((now - *start) / 1000)], 1);
	bpf_map_delete_elem(&since, &tid);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(switches, bool preempted, struct task_struct *before, struct task_struct *next)
{
	__u64 now = bpf_ktime_get_ns();

	if (off_processor) {
		ends(next, now);
		begins(before, now);
	} else {
		ends(before, now);
		begins(next, now);
	}
	return 0;
}

/// @description Shows how long threads stay on a processor, or off it
char LICENSE[] SEC("license") = "GPL";
