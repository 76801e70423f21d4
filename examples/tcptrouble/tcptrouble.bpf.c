// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line when TCP sends a segment again, and when the other side resets a connection: the two signs of a network or a
 * server that is not well. Raw tracepoints hand over the socket, from which the addresses are read.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "tcptrouble.h"

#define FAMILY_IPV4 2

/// @description Only this port of the other side
/// @cmdarg {"default": 0, "long": "port", "short": "p"}
const volatile unsigned short target_port = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline int tell(struct sock *sk, enum trouble what)
{
	unsigned short port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	struct event *e;

	if (target_port && target_port != port)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->what = what;
	e->state = BPF_CORE_READ(sk, __sk_common.skc_state);
	e->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	e->lport = BPF_CORE_READ(sk, __sk_common.skc_num);
	e->rport = port;
	if (e->family == FAMILY_IPV4) {
		bpf_core_read(e->laddr, 4, &sk->__sk_common.skc_rcv_saddr);
		bpf_core_read(e->raddr, 4, &sk->__sk_common.skc_daddr);
	} else {
		bpf_core_read(e->laddr, 16, &sk->__sk_common.skc_v6_rcv_saddr);
		bpf_core_read(e->raddr, 16, &sk->__sk_common.skc_v6_daddr);
	}
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("raw_tp/tcp_retransmit_skb")
int sent_again(struct bpf_raw_tracepoint_args *ctx)
{
	return tell((struct sock *)ctx->args[0], SENT_AGAIN);
}

SEC("raw_tp/tcp_receive_reset")
int reset(struct bpf_raw_tracepoint_args *ctx)
{
	return tell((struct sock *)ctx->args[0], RESET_BY_PEER);
}

/// @description Traces TCP segments that are sent again, and connections that are reset
char LICENSE[] SEC("license") = "GPL";
