// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each mmap(2), munmap(2), brk(2) and mprotect(2): how a process takes, gives back and protects memory.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "mmapsnoop.h"

#define MAX_ERRNO 4095

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

/// @description Only calls for at least so many bytes
/// @cmdarg {"default": 0, "long": "larger", "short": "l"}
const volatile unsigned long long larger_than = 0;

/// @description Only memory that may be executed
/// @cmdarg {"default": false, "long": "executable", "short": "e"}
const volatile bool executable_only = false;

struct pending_call {
	__u64 start;
	__u64 length;
	unsigned int prot;
	unsigned int flags;
	int fd;
	enum memory_call call;
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
	if (call->length < larger_than || (executable_only && !(call->prot & 4)))
		return 0;
	bpf_map_update_elem(&pending, &tid, call, BPF_ANY);
	return 0;
}

static __always_inline void send(const struct pending_call *call, long ret)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	bool returns_address = call->call == MMAP || call->call == BRK;

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	e->call = call->call;
	e->ret = ret < 0 && ret >= -MAX_ERRNO ? ret : 0;
	e->start = returns_address && !e->ret ? (__u64)ret : call->start;
	e->length = call->length;
	e->prot = call->prot;
	e->flags = call->flags;
	e->fd = call->fd;
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

SEC("tracepoint/syscalls/sys_enter_mmap")
int enter_mmap(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = {
		.call = MMAP,
		.start = ctx->args[0],
		.length = ctx->args[1],
		.prot = ctx->args[2],
		.flags = ctx->args[3],
		.fd = ctx->args[4],
	};

	return call_starts(&call);
}

SEC("tracepoint/syscalls/sys_enter_munmap")
int enter_munmap(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = { .call = MUNMAP, .start = ctx->args[0], .length = ctx->args[1], .fd = -1 };

	return call_starts(&call);
}

SEC("tracepoint/syscalls/sys_enter_brk")
int enter_brk(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = { .call = BRK, .start = ctx->args[0], .fd = -1 };

	return call_starts(&call);
}

SEC("tracepoint/syscalls/sys_enter_mprotect")
int enter_mprotect(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = {
		.call = MPROTECT,
		.start = ctx->args[0],
		.length = ctx->args[1],
		.prot = ctx->args[2],
		.fd = -1,
	};

	return call_starts(&call);
}

SEC("tracepoint/syscalls/sys_exit_mmap")
int exit_mmap(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_munmap")
int exit_munmap(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_brk")
int exit_brk(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_mprotect")
int exit_mprotect(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces how processes take memory from the kernel
char LICENSE[] SEC("license") = "GPL";
