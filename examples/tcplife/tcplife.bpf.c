// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each TCP connection that ends. A hash map holds when it began and whose it is; how much it carried is
 * read from the kernel's own socket when it closes.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include "tcplife.h"

#define IPPROTO_OF_TCP 6
#define FAMILY_IPV4 2

/// @description Only this port, on either side
/// @cmdarg {"default": 0, "long": "port", "short": "p"}
const volatile unsigned short target_port = 0;

struct life {
	__u64 began; /* nanoseconds since boot */
	int pid;
	char comm[COMM_SIZE];
	bool opened_here;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, __u64); /* socket, by its address */
	__type(value, struct life);
} lives SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline void owned(struct life *life)
{
	life->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(life->comm, sizeof(life->comm));
}

static __always_inline void begins(__u64 socket, bool here)
{
	struct life life = { .began = bpf_ktime_get_ns(), .opened_here = here };

	if (here)
		owned(&life); /* connect(2) runs in the process's own time */
	bpf_map_update_elem(&lives, &socket, &life, BPF_ANY);
}

static __always_inline void ends(struct trace_event_raw_inet_sock_set_state *ctx, const struct life *life)
{
	struct tcp_sock *socket = (void *)ctx->skaddr;
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = life->pid;
	__builtin_memcpy(e->comm, life->comm, sizeof(e->comm));
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
	e->opened_here = life->opened_here;
	e->sent = BPF_CORE_READ(socket, bytes_acked);
	e->received = BPF_CORE_READ(socket, bytes_received);
	e->lasted = bpf_ktime_get_ns() - life->began;
	bpf_ringbuf_submit(e, 0);
}

SEC("tracepoint/sock/inet_sock_set_state")
int changes(struct trace_event_raw_inet_sock_set_state *ctx)
{
	__u64 socket = (__u64)ctx->skaddr;
	int old = ctx->oldstate, new = ctx->newstate;
	struct life *life;

	barrier_var(new); /* or the compiler reads it by a moved pointer, which the verifier refuses */
	if (ctx->protocol != IPPROTO_OF_TCP)
		return 0;
	if (target_port && target_port != ctx->sport && target_port != ctx->dport)
		return 0;
	if (new == TCP_SYN_SENT)
		begins(socket, true);
	else if (old == TCP_SYN_RECV && new == TCP_ESTABLISHED)
		begins(socket, false);
	life = bpf_map_lookup_elem(&lives, &socket);
	if (!life)
		return 0; /* it is older than we are */
	if (!life->pid && (new == TCP_FIN_WAIT1 || new == TCP_LAST_ACK))
		owned(life); /* close(2) does, too */
	if (new == TCP_CLOSE) {
		ends(ctx, life);
		bpf_map_delete_elem(&lives, &socket);
	}
	return 0;
}

/// @description Shows TCP connections when they end: how long they lasted, what they carried
char LICENSE[] SEC("license") = "GPL";
