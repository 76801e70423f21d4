// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each process or thread that is made by fork(2), vfork(2) or clone(2).
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "forksnoop.h"

/// @description Only what this process makes
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Also threads
/// @cmdarg {"default": false, "long": "threads", "short": "t"}
const volatile bool with_threads = false;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_forks, struct task_struct *parent, struct task_struct *child)
{
	int pid = parent->tgid;
	bool is_thread = child->tgid == pid;
	struct event *e;

	if ((target_pid && target_pid != pid) || (is_thread && !with_threads))
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	e->pid = pid;
	e->tid = parent->pid;
	e->child_pid = child->tgid;
	e->child_tid = child->pid;
	e->what = is_thread ? THREAD : PROCESS;
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Traces new processes and threads
char LICENSE[] SEC("license") = "GPL";
