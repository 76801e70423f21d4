// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each signal that a process sends by kill(2), tkill(2) or tgkill(2). Signals that the kernel sends by
 * itself, such as SIGSEGV and SIGCHLD, are not here.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "killsnoop.h"

/// @description Only what this process sends
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only this signal, by its number; -1 for all
/// @cmdarg {"default": -1, "long": "signal", "short": "s"}
const volatile int target_signal = -1;

/// @description Only what could not be sent
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

struct pending_call {
	enum call call;
	int signal;
	int target;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32); /* thread */
	__type(value, struct pending_call);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline int call_starts(enum call call, int target, int signal)
{
	struct pending_call made = { .call = call, .signal = signal, .target = target };
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if ((target_pid && target_pid != (int)(id >> 32)) || (target_signal >= 0 && target_signal != signal))
		return 0;
	bpf_map_update_elem(&pending, &tid, &made, BPF_ANY);
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
	e->call = call->call;
	e->signal = call->signal;
	e->target = call->target;
	e->ret = ret;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
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

SEC("tracepoint/syscalls/sys_enter_kill")
int enter_kill(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(CALL_KILL, ctx->args[0], ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_tkill")
int enter_tkill(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(CALL_TKILL, ctx->args[0], ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_tgkill")
int enter_tgkill(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(CALL_TGKILL, ctx->args[1], ctx->args[2]);
}

SEC("tracepoint/syscalls/sys_exit_kill")
int exit_kill(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_tkill")
int exit_tkill(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_tgkill")
int exit_tgkill(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces the signals that processes send
char LICENSE[] SEC("license") = "GPL";
