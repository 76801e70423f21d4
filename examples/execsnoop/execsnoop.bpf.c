// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each program that a process starts. What started is taken from the new process image, whose arguments
 * the kernel has just written; what could not be started, from the memory of the process that tried.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "execsnoop.h"

#define MAX_ARGS 32
#define ARG_SIZE 128 /* of one argument of a failed call */

/// @description Also calls that failed
/// @cmdarg {"default": false, "long": "fails", "short": "x"}
const volatile bool with_failed = false;

/// @description Only what this process starts
/// @cmdarg {"default": 0, "long": "ppid", "short": "P"}
const volatile int target_ppid = 0;

/// @description Only processes of this user
/// @cmdarg {"default": -1, "long": "uid", "short": "u"}
const volatile int target_uid = -1;

/// @description Only commands of this name
/// @cmdarg {"default": "", "long": "name", "short": "n"}
const volatile char target_name[COMM_SIZE] = "";

/* Where a call that has not ended yet keeps its words, in the memory of the process. */
struct pending_call {
	const char *fname;
	const char *const *argv;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32); /* thread */
	__type(value, struct pending_call);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline bool named(const char *comm)
{
	for (int i = 0; i < COMM_SIZE && target_name[0]; i++) {
		if (comm[i] != target_name[i])
			return false;
		if (!comm[i])
			break;
	}
	return true;
}

/* An event with all but its words, or nothing when this process is not asked for. */
static __always_inline struct event *begin(int ret)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	int ppid = BPF_CORE_READ(task, real_parent, tgid);
	char comm[COMM_SIZE];
	struct event *e;

	bpf_get_current_comm(comm, sizeof(comm));
	if ((target_ppid && target_ppid != ppid) || !named(comm))
		return NULL;
	if (target_uid >= 0 && target_uid != (int)bpf_get_current_uid_gid())
		return NULL;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return NULL;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->ppid = ppid;
	e->uid = bpf_get_current_uid_gid();
	e->ret = ret;
	__builtin_memcpy(e->comm, comm, sizeof(comm));
	return e;
}

SEC("tracepoint/sched/sched_process_exec")
int started(struct trace_event_raw_sched_process_exec *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	unsigned long start = BPF_CORE_READ(task, mm, arg_start);
	unsigned long size = BPF_CORE_READ(task, mm, arg_end) - start;
	unsigned int name = ctx->__data_loc_filename & 0xffff;
	struct event *e = begin(0);

	if (!e)
		return 0;
	bpf_probe_read_kernel_str(e->fname, sizeof(e->fname), (void *)ctx + name);
	if (size > ARGS_SIZE)
		size = ARGS_SIZE;
	if (bpf_probe_read_user(e->args, size, (void *)start) < 0)
		size = 1;
	for (unsigned int i = 0; i < ARGS_SIZE; i++)
		if (!e->args[i])
			e->args[i] = ' ';
	e->args[(size - 1) & (ARGS_SIZE - 1)] = '\0'; /* where the last NUL was */
	bpf_ringbuf_submit(e, 0);
	return 0;
}

static __always_inline int call_starts(const char *fname, const char *const *argv)
{
	struct pending_call call = { .fname = fname, .argv = argv };
	__u32 tid = bpf_get_current_pid_tgid();

	if (with_failed)
		bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

static __always_inline void read_arguments(struct event *e, const char *const *argv)
{
	__u64 end = 0;

	e->args[0] = '\0';
	for (int i = 0; i < MAX_ARGS; i++) {
		const char *arg = NULL;
		long size;

		barrier_var(end); /* so that the compiler keeps the check, which the verifier wants */
		if (end > ARGS_SIZE - ARG_SIZE)
			break;
		if (bpf_probe_read_user(&arg, sizeof(arg), &argv[i]) || !arg)
			break;
		if (end)
			e->args[end - 1] = ' ';
		size = bpf_probe_read_user_str(&e->args[end], ARG_SIZE, arg);
		if (size <= 0)
			break;
		end += size;
	}
}

/* A call that succeeded may have given the thread another number; its entry then stays, and the next one replaces it. */
static __always_inline int call_ends(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pending_call *call = bpf_map_lookup_elem(&pending, &tid);
	struct event *e;

	if (!call)
		return 0;
	e = ctx->ret < 0 ? begin(ctx->ret) : NULL;
	if (e) {
		if (bpf_probe_read_user_str(e->fname, sizeof(e->fname), call->fname) < 0)
			e->fname[0] = '\0';
		read_arguments(e, call->argv);
		bpf_ringbuf_submit(e, 0);
	}
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_execve")
int enter_execve(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[0], (const char *const *)ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_execveat")
int enter_execveat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], (const char *const *)ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_execve")
int exit_execve(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_execveat")
int exit_execveat(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces the programs that processes start
char LICENSE[] SEC("license") = "GPL";
