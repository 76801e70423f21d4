// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Prints every file that a program on this machine opens.
 *
 * The kernel runs the functions marked SEC("tracepoint/...") whenever a process
 * enters or leaves open(2), openat(2) or openat2(2). What the call asked for is
 * known when it starts, what came of it when it ends; a hash map carries the one
 * to the other. Each finished call becomes a struct event in a ring buffer,
 * which user space reads.
 */
#include "vmlinux.h" /* the kernel's types; `ecli build` brings this file */
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "opensnoop.h"

/*
 * Options: a `const volatile` variable becomes an option of the command line.
 * ecli sets it before the program is loaded, so the kernel sees a constant and
 * drops the code that it rules out.
 */

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only processes of this user
/// @cmdarg {"default": -1, "long": "uid", "short": "u"}
const volatile int target_uid = -1;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

/* A call that has started and not ended yet. */
struct pending_call {
	const char *fname;    /* in the memory of the process */
	const __u64 *how;     /* openat2(2) only: flags are the first member of struct open_how */
	unsigned int flags;
};

/* One call at most for each thread; the key is the thread's id. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32);
	__type(value, struct pending_call);
} pending SEC(".maps");

/* Events on their way to user space; the size is in bytes, a power of two. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline int call_starts(const char *fname, unsigned int flags, const __u64 *how)
{
	struct pending_call call = { .fname = fname, .how = how, .flags = flags };
	__u64 id = bpf_get_current_pid_tgid(); /* process in the upper half, thread in the lower */
	__u32 tid = id;

	if (target_pid && target_pid != (int)(id >> 32))
		return 0;
	if (target_uid >= 0 && target_uid != (int)bpf_get_current_uid_gid())
		return 0;
	bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

static __always_inline void send(const struct pending_call *call, int ret)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	__u64 how_flags = 0;
	struct event *e;

	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->ppid = BPF_CORE_READ(task, real_parent, tgid); /* right on every kernel: CO-RE */
	e->uid = bpf_get_current_uid_gid();
	e->ret = ret;
	e->flags = call->flags;
	if (call->how && !bpf_probe_read_user(&how_flags, sizeof(how_flags), call->how))
		e->flags = how_flags;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
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
		return 0; /* not asked for, or it started before we did */
	if (!failed_only || ctx->ret < 0)
		send(call, ctx->ret);
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_open")
int enter_open(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[0], ctx->args[1], NULL);
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], ctx->args[2], NULL);
}

SEC("tracepoint/syscalls/sys_enter_openat2")
int enter_openat2(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], 0, (const __u64 *)ctx->args[2]);
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

/// @description Traces the files that programs open
char LICENSE[] SEC("license") = "GPL";
