// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each call by which a process changes the user that it runs as: services that drop privileges, sudo and
 * su, and what tries to become root.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "setuidsnoop.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls after which the effective user is another one
/// @cmdarg {"default": false, "long": "changed", "short": "c"}
const volatile bool changed_only = false;

struct pending_call {
	enum call call;
	int wanted;
	unsigned int before;
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

static __always_inline unsigned int effective_user(void)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	unsigned int user = 0;

	BPF_CORE_READ_INTO(&user, task, cred, euid.val);
	return user;
}

static __always_inline int begins(enum call call, int wanted)
{
	struct pending_call made = { .call = call, .wanted = wanted, .before = effective_user() };
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (!target_pid || target_pid == (int)(id >> 32))
		bpf_map_update_elem(&pending, &tid, &made, BPF_ANY);
	return 0;
}

static __always_inline int ends(int ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pending_call *call = bpf_map_lookup_elem(&pending, &tid);
	unsigned int after = effective_user();
	struct event *e;

	if (!call)
		return 0;
	e = changed_only && after == call->before ? NULL : bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (e) {
		e->pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		e->call = call->call;
		e->wanted = call->wanted;
		e->before = call->before;
		e->after = after;
		e->ret = ret;
		bpf_ringbuf_submit(e, 0);
	} else if (!changed_only || after != call->before) {
		__sync_fetch_and_add(&lost_events, 1);
	}
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_setuid")
int enter_setuid(struct trace_event_raw_sys_enter *ctx)
{
	return begins(SETUID, ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_setreuid")
int enter_setreuid(struct trace_event_raw_sys_enter *ctx)
{
	return begins(SETREUID, ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_setresuid")
int enter_setresuid(struct trace_event_raw_sys_enter *ctx)
{
	return begins(SETRESUID, ctx->args[1]);
}

SEC("tracepoint/syscalls/sys_enter_setfsuid")
int enter_setfsuid(struct trace_event_raw_sys_enter *ctx)
{
	return begins(SETFSUID, ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_setuid")
int exit_setuid(struct trace_event_raw_sys_exit *ctx)
{
	return ends(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_setreuid")
int exit_setreuid(struct trace_event_raw_sys_exit *ctx)
{
	return ends(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_setresuid")
int exit_setresuid(struct trace_event_raw_sys_exit *ctx)
{
	return ends(ctx->ret);
}

SEC("tracepoint/syscalls/sys_exit_setfsuid")
int exit_setfsuid(struct trace_event_raw_sys_exit *ctx)
{
	return ends(ctx->ret);
}

/// @description Traces processes that change the user that they run as
char LICENSE[] SEC("license") = "GPL";
