// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each change of a TCP socket's state, with the time that it spent in the one before. The kernel's
 * tracepoint tells old and new state; a hash map remembers when the last change of each socket was.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "tcpstates.h"

#define IPPROTO_OF_TCP 6
#define FAMILY_IPV4 2

/// @description Only this port, on either side
/// @cmdarg {"default": 0, "long": "port", "short": "p"}
const volatile unsigned short target_port = 0;

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64);   /* socket, by its address */
	__type(value, __u64); /* nanoseconds since boot */
} changed SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline __u64 time_since_change(__u64 socket, int state)
{
	__u64 now = bpf_ktime_get_ns(), *before = bpf_map_lookup_elem(&changed, &socket);
	__u64 spent = before ? now - *before : 0;

	if (state == CLOSED)
		bpf_map_delete_elem(&changed, &socket); /* its memory may soon be another socket */
	else
		bpf_map_update_elem(&changed, &socket, &now, BPF_ANY);
	return spent;
}

SEC("tracepoint/sock/inet_sock_set_state")
int changes(struct trace_event_raw_inet_sock_set_state *ctx)
{
	struct event *e;
	__u64 spent;

	if (ctx->protocol != IPPROTO_OF_TCP)
		return 0;
	if (target_port && target_port != ctx->sport && target_port != ctx->dport)
		return 0;
	spent = time_since_change((__u64)ctx->skaddr, ctx->newstate);
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->family = ctx->family;
	e->lport = ctx->sport;
	e->rport = ctx->dport;
	if (ctx->family == FAMILY_IPV4) {
		bpf_probe_read_kernel(e->laddr, 4, ctx->saddr);
		bpf_probe_read_kernel(e->raddr, 4, ctx->daddr);
	} else {
		bpf_probe_read_kernel(e->laddr, 16, ctx->saddr_v6);
		bpf_probe_read_kernel(e->raddr, 16, ctx->daddr_v6);
	}
	e->old_state = ctx->oldstate;
	e->new_state = ctx->newstate;
	e->spent = spent;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Traces the states that TCP connections go through
char LICENSE[] SEC("license") = "GPL";
