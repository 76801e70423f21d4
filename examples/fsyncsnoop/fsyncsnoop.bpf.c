// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each wait for the disk: fsync(2), fdatasync(2), sync(2), syncfs(2), sync_file_range(2) and msync(2), with
 * the file's name and how long the process stood.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "fsyncsnoop.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

/// @description Only calls that took at least so many microseconds
/// @cmdarg {"default": 0, "long": "slower", "short": "s"}
const volatile unsigned long long slower_than = 0;

struct pending_call {
	__u64 start;
	const unsigned char *fname; /* in the kernel */
	enum sync_call call;
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

/* The last part of the path of an open file, by its number. */
static __always_inline const unsigned char *file_name(int number)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct fdtable *table = BPF_CORE_READ(task, files, fdt);
	struct file **open = BPF_CORE_READ(table, fd);
	const unsigned char *name = NULL;
	struct file *file = NULL;

	if (number < 0 || (unsigned int)number >= BPF_CORE_READ(table, max_fds))
		return NULL;
	if (bpf_probe_read_kernel(&file, sizeof(file), &open[number]) || !file)
		return NULL;
	BPF_CORE_READ_INTO(&name, file, f_path.dentry, d_name.name);
	return name;
}

static __always_inline int call_starts(enum sync_call kind, int number)
{
	struct pending_call call = { .call = kind };
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (target_pid && target_pid != (int)(id >> 32))
		return 0;
	call.fname = file_name(number);
	call.start = bpf_ktime_get_ns();
	bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

static __always_inline void send(const struct pending_call *call, int ret)
{
	__u64 took = bpf_ktime_get_ns() - call->start;
	struct event *e;

	if (took < slower_than * 1000)
		return;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	e->call = call->call;
	e->ret = ret;
	e->took = took;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	if (!call->fname || bpf_probe_read_kernel_str(e->fname, sizeof(e->fname), call->fname) < 0)
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

SEC("tracepoint/syscalls/sys_enter_fsync")
int enter_fsync(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(FSYNC, ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_fdatasync")
int enter_fdatasync(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(FDATASYNC, ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_sync")
int enter_sync(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(SYNC_ALL, -1);
}

SEC("tracepoint/syscalls/sys_enter_syncfs")
int enter_syncfs(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(SYNCFS, ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_sync_file_range")
int enter_sync_file_range(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(SYNC_FILE_RANGE, ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_enter_msync")
int enter_msync(struct trace_event_raw_sys_enter *ctx)
{
	return call_starts(MSYNC, -1);
}

SEC("tracepoint/syscalls/sys_exit_fsync")
int exit_fsync(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_fdatasync")
int exit_fdatasync(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_sync")
int exit_sync(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_syncfs")
int exit_syncfs(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_sync_file_range")
int exit_sync_file_range(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

SEC("tracepoint/syscalls/sys_exit_msync")
int exit_msync(struct trace_event_raw_sys_exit *ctx)
{
	return call_ends(ctx);
}

/// @description Traces processes that wait for data to reach the disk
char LICENSE[] SEC("license") = "GPL";
