// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each process that ends: how long it lived, and its exit code or the signal that ended it.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "exitsnoop.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only children of this process
/// @cmdarg {"default": 0, "long": "ppid", "short": "P"}
const volatile int target_ppid = 0;

/// @description Only what ended with a signal or an exit code that is not 0
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

/// @description Every thread, not only the first of a process
/// @cmdarg {"default": false, "long": "threads", "short": "t"}
const volatile bool all_threads = false;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

SEC("tracepoint/sched/sched_process_exit")
int process_exits(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 id = bpf_get_current_pid_tgid();
	int pid = id >> 32, tid = id, ppid = BPF_CORE_READ(task, real_parent, tgid);
	int status = BPF_CORE_READ(task, exit_code); /* as wait(2) gives it */
	struct event *e;

	if ((target_pid && target_pid != pid) || (target_ppid && target_ppid != ppid))
		return 0;
	if ((!all_threads && pid != tid) || (failed_only && !status))
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	e->pid = pid;
	e->tid = tid;
	e->ppid = ppid;
	e->uid = bpf_get_current_uid_gid();
	e->age = bpf_ktime_get_ns() - BPF_CORE_READ(task, start_time);
	e->code = (status >> 8) & 0xff;
	e->signal = status & 0x7f;
	e->dumped = status & 0x80;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Traces processes that end, with their age and the reason
char LICENSE[] SEC("license") = "GPL";
