// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A table of system calls: how many there were, how many failed, how long they took together.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "syscount.h"

#define MAX_ERRNO 4095

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

/// @description A line for each process and call
/// @cmdarg {"default": false, "long": "processes", "short": "P"}
const volatile bool by_process = false;

struct begun {
	__u64 at;
	__u32 syscall;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32); /* thread */
	__type(value, struct begun);
} pending SEC(".maps");

/// @sample {"interval": 1000}
/// @metric {"name": "syscalls_total", "kind": "counter", "help": "System calls that have ended", "value": "count",
///          "labels": {"syscall": "syscall", "pid": "pid"}}
/// @metric {"name": "syscall_errors_total", "kind": "counter", "help": "System calls that failed", "value": "errors",
///          "labels": {"syscall": "syscall", "pid": "pid"}}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__type(key, struct what);
	__type(value, struct calls);
} counts SEC(".maps");

SEC("tp_btf/sys_enter")
int BPF_PROG(call_starts, struct pt_regs *regs, long number)
{
	__u64 id = bpf_get_current_pid_tgid();
	struct begun begun = { .syscall = number };
	__u32 tid = id;

	if (target_pid && target_pid != (int)(id >> 32))
		return 0;
	begun.at = bpf_ktime_get_ns();
	bpf_map_update_elem(&pending, &tid, &begun, BPF_ANY);
	return 0;
}

static __always_inline struct calls *calls_of(int pid, __u32 syscall)
{
	static const struct calls none;
	struct what what = { .pid = by_process ? pid : 0, .syscall = syscall };
	struct calls *calls = bpf_map_lookup_elem(&counts, &what);

	if (calls)
		return calls;
	bpf_map_update_elem(&counts, &what, &none, BPF_NOEXIST);
	calls = bpf_map_lookup_elem(&counts, &what);
	if (calls && by_process)
		bpf_get_current_comm(calls->comm, sizeof(calls->comm));
	return calls;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(call_ends, struct pt_regs *regs, long ret)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;
	struct begun *begun = bpf_map_lookup_elem(&pending, &tid);
	bool failed = ret < 0 && ret >= -MAX_ERRNO;
	struct calls *calls;

	if (!begun)
		return 0;
	calls = failed || !failed_only ? calls_of(id >> 32, begun->syscall) : NULL;
	if (calls) {
		__sync_fetch_and_add(&calls->count, 1);
		__sync_fetch_and_add(&calls->errors, failed);
		__sync_fetch_and_add(&calls->time, bpf_ktime_get_ns() - begun->at);
	}
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

/// @description Counts system calls, their errors and their time
char LICENSE[] SEC("license") = "GPL";
