// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * One record for each process or thread, by the kernel's own list: what hides in /proc does not hide here.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "ps.h"

#define PAGE_SIZE 4096 /* of x86-64 */
#define FILE_PAGES 0   /* MM_FILEPAGES and so on, of enum rss */
#define ANON_PAGES 1
#define SHARED_PAGES 3

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only processes of this user
/// @cmdarg {"default": -1, "long": "uid", "short": "u"}
const volatile int target_uid = -1;

/// @description Every thread, not only the first of a process
/// @cmdarg {"default": false, "long": "threads", "short": "t"}
const volatile bool all_threads = false;

/* Until 5.14 the member was called `state`. */
struct task_struct___before {
	volatile long state;
} __attribute__((preserve_access_index));

/* Until 6.2 the counters were an array of numbers. */
struct mm_rss_stat___before {
	atomic_long_t count[4];
} __attribute__((preserve_access_index));

struct mm_struct___before {
	struct mm_rss_stat___before rss_stat;
} __attribute__((preserve_access_index));

static __always_inline char state_letter(struct task_struct *task)
{
	unsigned int state, exited = BPF_CORE_READ(task, exit_state);

	if (bpf_core_field_exists(task->__state))
		state = BPF_CORE_READ(task, __state);
	else
		state = BPF_CORE_READ((struct task_struct___before *)task, state);
	if (exited & 0x20) /* EXIT_ZOMBIE */
		return 'Z';
	if (exited & 0x10) /* EXIT_DEAD */
		return 'X';
	if (state & 0x1)
		return 'S';
	if (state & 0x2)
		return state & 0x400 ? 'I' : 'D'; /* TASK_NOLOAD */
	if (state & 0x4)
		return 'T';
	if (state & 0x8)
		return 't';
	return 'R';
}

static __always_inline __u64 pages(struct mm_struct *mm, int kind)
{
	long count;

	if (bpf_core_type_exists(struct mm_rss_stat___before))
		count = BPF_CORE_READ((struct mm_struct___before *)mm, rss_stat.count[kind].counter);
	else
		count = BPF_CORE_READ(mm, rss_stat[kind].count);
	return count > 0 ? count : 0; /* what the processors have not added up yet is missing */
}

/// @event struct task
SEC("iter/task")
int list(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct task record = {};
	struct mm_struct *mm;

	if (!task)
		return 0;
	record.pid = task->tgid;
	record.tid = task->pid;
	BPF_CORE_READ_INTO(&record.uid, task, cred, uid.val);
	if ((target_pid && target_pid != record.pid) || (!all_threads && record.pid != record.tid))
		return 0;
	if (target_uid >= 0 && target_uid != (int)record.uid)
		return 0;
	record.ppid = BPF_CORE_READ(task, real_parent, tgid);
	record.state[0] = state_letter(task);
	mm = task->mm;
	if (mm)
		record.memory = PAGE_SIZE * (pages(mm, FILE_PAGES) + pages(mm, ANON_PAGES) + pages(mm, SHARED_PAGES));
	record.cpu = BPF_CORE_READ(task, se.sum_exec_runtime);
	record.age = bpf_ktime_get_ns() - task->start_time;
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/// @description Lists the threads of this machine
char LICENSE[] SEC("license") = "GPL";
