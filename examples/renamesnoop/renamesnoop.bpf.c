// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each file that a process renames by rename(2), renameat(2) or renameat2(2).
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "renamesnoop.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

struct pending_call {
	const char *from; /* in the memory of the process */
	const char *to;
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

static __always_inline int call_starts(const char *from, const char *to)
{
	struct pending_call call = { .from = from, .to = to };
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
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	if (bpf_probe_read_user_str(e->from, sizeof(e->from), call->from) < 0)
		e->from[0] = '\0';
	if (bpf_probe_read_user_str(e->to, sizeof(e->to), call->to) < 0)
		e->to[0] = '\0';
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

SEC("tracepoint/syscalls/sys_enter_rename")
int enter_rename(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[0], (const char *)ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_renameat")
int enter_renameat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], (const char *)ctx->args[3]);
}

SEC("tracepoint/syscalls/sys_enter_renameat2")
int enter_renameat2(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], (const char *)ctx->args[3]);
}

SEC("tracepoint/syscalls/sys_exit_rename")
int exit_rename(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_renameat")
int exit_renameat(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_renameat2")
int exit_renameat2(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces the files that processes rename
char LICENSE[] SEC("license") = "GPL";
