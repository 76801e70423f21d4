// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each bpf(2): who loads programs, makes maps, attaches, or looks at what others have loaded. Programs
 * that read and write maps call it all the time, so those commands are left out unless asked for.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "bpfsnoop.h"

/* Where names stand in union bpf_attr: part of the kernel's interface, which never changes. */
#define MAP_NAME_AT 28
#define PROG_NAME_AT 48

/// @description Also what reads and writes maps
/// @cmdarg {"default": false, "long": "all", "short": "a"}
const volatile bool everything = false;

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

struct pending_call {
	enum command command;
	char name[NAME_SIZE];
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

static __always_inline bool touches_elements(int command)
{
	return (command >= MAP_LOOKUP_ELEM && command <= MAP_GET_NEXT_KEY) || command == MAP_LOOKUP_AND_DELETE_ELEM ||
	       (command >= MAP_LOOKUP_BATCH && command <= MAP_DELETE_BATCH);
}

SEC("tracepoint/syscalls/sys_enter_bpf")
int enter_bpf(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = { .command = ctx->args[0] };
	const char *attr = (const char *)ctx->args[1];
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if ((target_pid && target_pid != (int)(id >> 32)) || (!everything && touches_elements(call.command)))
		return 0;
	if (call.command == MAP_CREATE && ctx->args[2] >= MAP_NAME_AT + NAME_SIZE)
		bpf_probe_read_user_str(call.name, sizeof(call.name), attr + MAP_NAME_AT);
	if (call.command == PROG_LOAD && ctx->args[2] >= PROG_NAME_AT + NAME_SIZE)
		bpf_probe_read_user_str(call.name, sizeof(call.name), attr + PROG_NAME_AT);
	bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_bpf")
int exit_bpf(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pending_call *call = bpf_map_lookup_elem(&pending, &tid);
	struct event *e;

	if (!call)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
	} else {
		e->pid = bpf_get_current_pid_tgid() >> 32;
		e->uid = bpf_get_current_uid_gid();
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		e->command = call->command;
		e->ret = ctx->ret;
		__builtin_memcpy(e->name, call->name, sizeof(e->name));
		bpf_ringbuf_submit(e, 0);
	}
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

/// @description Traces who uses bpf(2), and for what
char LICENSE[] SEC("license") = "GPL";
