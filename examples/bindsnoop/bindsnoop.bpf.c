// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each bind(2) of an internet socket: who wants which address and port, and whether it was given.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "bindsnoop.h"

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only calls that failed
/// @cmdarg {"default": false, "long": "failed", "short": "x"}
const volatile bool failed_only = false;

struct pending_call {
	int fd;
	const void *address; /* in the memory of the process */
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

static __always_inline void tell(const struct pending_call *call, int ret)
{
	struct sockaddr_in6 wanted = {};
	struct event *e;

	/* The smaller address lies at the start of the larger: family and port stand at the same places. */
	if (bpf_probe_read_user(&wanted, sizeof(struct sockaddr_in), call->address))
		return;
	if (wanted.sin6_family != FAMILY_IPV4 && wanted.sin6_family != FAMILY_IPV6)
		return;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->fd = call->fd;
	e->family = wanted.sin6_family;
	e->port = bpf_ntohs(wanted.sin6_port);
	if (e->family == FAMILY_IPV4)
		bpf_probe_read_user(e->addr, 4, &((struct sockaddr_in *)call->address)->sin_addr);
	else
		bpf_probe_read_user(e->addr, 16, &((struct sockaddr_in6 *)call->address)->sin6_addr);
	e->ret = ret;
	bpf_ringbuf_submit(e, 0);
}

SEC("tracepoint/syscalls/sys_enter_bind")
int enter_bind(struct trace_event_raw_sys_enter *ctx)
{
	struct pending_call call = { .fd = ctx->args[0], .address = (const void *)ctx->args[1] };
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (!target_pid || target_pid == (int)(id >> 32))
		bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

SEC("tracepoint/syscalls/sys_exit_bind")
int exit_bind(struct trace_event_raw_sys_exit *ctx)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pending_call *call = bpf_map_lookup_elem(&pending, &tid);

	if (!call)
		return 0;
	if (!failed_only || ctx->ret < 0)
		tell(call, ctx->ret);
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

/// @description Traces the addresses that processes bind sockets to
char LICENSE[] SEC("license") = "GPL";
