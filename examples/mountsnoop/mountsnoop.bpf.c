// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each mount(2) and umount(2), in every mount namespace: containers show up here. Newer tools mount by
 * fsopen(2), fsconfig(2), fsmount(2) and move_mount(2) instead; of these the last is shown, which makes the mount
 * visible.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "mountsnoop.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

/* Where the call keeps its words, in the memory of the process. */
struct pending_call {
	const char *type;
	const char *source;
	const char *target;
	const char *data;
	__u64 flags;
	__u64 start;
	enum mount_call call;
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

static __always_inline int call_starts(struct pending_call *call)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (target_pid && target_pid != (int)(id >> 32))
		return 0;
	call->start = bpf_ktime_get_ns();
	bpf_map_update_elem(&pending, &tid, call, BPF_ANY);
	return 0;
}

static __always_inline void read_text(char *to, unsigned int size, const char *from)
{
	if (!from || bpf_probe_read_user_str(to, size, from) < 0)
		to[0] = '\0';
}

static __always_inline void send(const struct pending_call *call, int ret)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->namespace_id = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
	e->call = call->call;
	e->ret = ret;
	e->took = bpf_ktime_get_ns() - call->start;
	e->flags = call->flags;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	read_text(e->type, sizeof(e->type), call->type);
	read_text(e->source, sizeof(e->source), call->source);
	read_text(e->target, sizeof(e->target), call->target);
	read_text(e->data, sizeof(e->data), call->data);
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

SEC("tracepoint/syscalls/sys_enter_mount")
int enter_mount(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = {
		.call = MOUNT,
		.source = (const char *)ctx->args[0],
		.target = (const char *)ctx->args[1],
		.type = (const char *)ctx->args[2],
		.flags = ctx->args[3],
		.data = (const char *)ctx->args[4],
	};

	return call_starts(&call);
}

SEC("tracepoint/syscalls/sys_enter_umount")
int enter_umount(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = {
		.call = UMOUNT,
		.target = (const char *)ctx->args[0],
		.flags = ctx->args[1],
	};

	return call_starts(&call);
}

SEC("tracepoint/syscalls/sys_enter_move_mount")
int enter_move_mount(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = {
		.call = MOVE_MOUNT,
		.source = (const char *)ctx->args[1],
		.target = (const char *)ctx->args[3],
		.flags = ctx->args[4],
	};

	return call_starts(&call);
}

SEC("tracepoint/syscalls/sys_exit_mount")
int exit_mount(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_umount")
int exit_umount(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_move_mount")
int exit_move_mount(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces file systems that are mounted and unmounted
char LICENSE[] SEC("license") = "GPL";
