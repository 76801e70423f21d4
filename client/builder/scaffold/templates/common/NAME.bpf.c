// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Tells user space of every program that a process on this machine starts.
 *
 * The kernel runs the function below whenever execve(2) has succeeded. It fills
 * a struct event in a ring buffer, which user space reads.
 */
#include "vmlinux.h" /* the kernel's types; `ecli build` brings this file */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "@NAME@.h"

/*
 * Options: a `const volatile` variable becomes an option of ecli's command line.
 * It is set before the program is loaded, so the kernel sees a constant and drops
 * the code that it rules out.
 */

/// @description Only what this process starts
/// @cmdarg {"default": 0, "long": "ppid", "short": "p"}
const volatile int target_ppid = 0;

/* Events on their way to user space; the size is in bytes, a power of two. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

SEC("raw_tp/sched_process_exec")
int BPF_PROG(process_started, struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm)
{
	int ppid = BPF_CORE_READ(task, real_parent, tgid); /* right on every kernel: CO-RE */
	struct event *e;

	if (target_ppid && target_ppid != ppid)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	e->pid = BPF_CORE_READ(task, tgid);
	e->ppid = ppid;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_probe_read_kernel_str(e->fname, sizeof(e->fname), BPF_CORE_READ(bprm, filename));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Traces the programs that processes start
char LICENSE[] SEC("license") = "GPL";
