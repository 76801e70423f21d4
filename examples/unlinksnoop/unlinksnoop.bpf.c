// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each file or folder that a process removes by unlink(2), unlinkat(2) or rmdir(2).
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "unlinksnoop.h"

#define REMOVE_FOLDER 0x200 /* AT_REMOVEDIR */

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only processes of this user
/// @cmdarg {"default": -1, "long": "uid", "short": "u"}
const volatile int target_uid = -1;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

struct pending_call {
	const char *fname; /* in the memory of the process */
	bool folder;
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

static __always_inline int call_starts(const char *fname, bool folder)
{
	struct pending_call call = { .fname = fname, .folder = folder };
	__u64 id = bpf_get_current_pid_tgid();
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
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	e->ret = ret;
	e->folder = call->folder;
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

SEC("tracepoint/syscalls/sys_enter_unlink")
int enter_unlink(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[0], false);
}

SEC("tracepoint/syscalls/sys_enter_unlinkat")
int enter_unlinkat(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[1], ctx->args[2] & REMOVE_FOLDER);
}

SEC("tracepoint/syscalls/sys_enter_rmdir")
int enter_rmdir(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts((const char *)ctx->args[0], true);
}

SEC("tracepoint/syscalls/sys_exit_unlink")
int exit_unlink(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_unlinkat")
int exit_unlinkat(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_rmdir")
int exit_rmdir(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces the files that processes remove
char LICENSE[] SEC("license") = "GPL";
