// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each stat(2), lstat(2), newfstatat(2), statx(2) and statfs(2): which files programs look for, and which
 * they do not find.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "statsnoop.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

struct pending_call {
	const char *fname; /* in the memory of the process */
	enum stat_call call;
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

static __always_inline int call_starts(enum stat_call kind, const char *fname)
{
	struct pending_call call = { .fname = fname, .call = kind };
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (target_pid && target_pid != (int)(id >> 32))
		return 0;
	bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

static __always_inline void send(const struct pending_call *call, int ret)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	e->ret = ret;
	e->call = call->call;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
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

SEC("tracepoint/syscalls/sys_enter_newstat")
int enter_newstat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(STAT, (const char *)ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_newlstat")
int enter_newlstat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(LSTAT, (const char *)ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_newfstatat")
int enter_newfstatat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(FSTATAT, (const char *)ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_statx")
int enter_statx(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(STATX, (const char *)ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_statfs")
int enter_statfs(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(STATFS, (const char *)ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_newstat")
int exit_newstat(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_newlstat")
int exit_newlstat(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_newfstatat")
int exit_newfstatat(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_statx")
int exit_statx(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_statfs")
int exit_statfs(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces the files whose state processes ask for
char LICENSE[] SEC("license") = "GPL";
