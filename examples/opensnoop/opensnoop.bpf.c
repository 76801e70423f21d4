// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each open(2), openat(2) and openat2(2): who asked, what came of it, how long it took. What the call asked
 * for is known when it starts, what came of it when it ends; a hash map carries the one to the other.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "opensnoop.h"

#define OPEN_CREAT 0100
#define OPEN_TMPFILE 020000000

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only this thread
/// @cmdarg {"default": 0, "long": "tid", "short": "t"}
const volatile int target_tid = 0;

/// @description Only processes of this user
/// @cmdarg {"default": -1, "long": "uid", "short": "u"}
const volatile int target_uid = -1;

/// @description Only commands of this name
/// @cmdarg {"default": "", "long": "name", "short": "n"}
const volatile char target_name[COMM_SIZE] = "";

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

/// @description Only calls with one of these flags, as a number: 1 write only, 2 read and write, 64 create
/// @cmdarg {"default": 0, "long": "flags", "short": "f"}
const volatile unsigned int target_flags = 0;

/// @description Only calls that took at least so many microseconds
/// @cmdarg {"default": 0, "long": "slower", "short": "s"}
const volatile unsigned long long slower_than = 0;

struct pending_call {
	const char *fname;             /* in the memory of the process */
	const struct open_how *how;    /* likewise, of openat2(2) only */
	__u64 start;
	unsigned int flags;
	unsigned int mode;
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

static __always_inline int call_starts(const char *fname, unsigned int flags, unsigned int mode, const void *how)
{
	struct pending_call call = { .fname = fname, .how = how, .flags = flags, .mode = mode };
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (target_pid && target_pid != (int)(id >> 32))
		return 0;
	if (target_tid && target_tid != (int)tid)
		return 0;
	if (target_uid >= 0 && target_uid != (int)bpf_get_current_uid_gid())
		return 0;
	call.start = bpf_ktime_get_ns();
	bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

static __always_inline void send(struct pending_call *call, int ret)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 took = bpf_ktime_get_ns() - call->start;
	unsigned int flags = call->flags, mode = call->mode;
	struct open_how how;
	char comm[COMM_SIZE];
	struct event *e;

	if (call->how && !bpf_probe_read_user(&how, sizeof(how), call->how)) {
		flags = how.flags;
		mode = how.mode;
	}
	bpf_get_current_comm(comm, sizeof(comm));
	if (!named(comm) || (target_flags && !(target_flags & flags)) || took < slower_than * 1000)
		return;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	e->tid = bpf_get_current_pid_tgid();
	e->ppid = BPF_CORE_READ(task, real_parent, tgid);
	e->ret = ret;
	e->flags = flags;
	e->mode = flags & (OPEN_CREAT | OPEN_TMPFILE) ? mode : 0;
	e->took = took;
	__builtin_memcpy(e->comm, comm, sizeof(comm));
	/* Read now, not at the start: by now the kernel has brought the page into memory. */
	if (bpf_probe_read_user_str(e->fname, sizeof(e->fname), call->fname) < 0)
		e->fname[0] = '\0';
	bpf_ringbuf_submit(e, 0);
}

static __always_inline int call_ends(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pending_call *call = bpf_map_lookup_elem(&pending, &tid);

	if (!call)
		return 0;
	if (!failed_only || ctx->ret < 0)
		send(call, ctx->ret);
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_open")
int enter_open(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[0], ctx->args[1], ctx->args[2], NULL);
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], ctx->args[2], ctx->args[3], NULL);
}

SEC("tracepoint/syscalls/sys_enter_openat2")
int enter_openat2(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], 0, 0, (const void *)ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_open")
int exit_open(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_openat")
int exit_openat(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_openat2")
int exit_openat2(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces the files that processes open
char LICENSE[] SEC("license") = "GPL";
