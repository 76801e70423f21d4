// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each round trip that TCP measures, for the connections of a cgroup. The kernel calls a sockops program at
 * turning points of a socket's life; once it asked for it, also after each measurement.
 */
#include "vmlinux.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "tcprtt.h"

#define FAMILY_IPV4 2

/*
 * A word of an array in the context. Written by hand, because the verifier permits no pointer into the context that was
 * moved before, which compilers like to make.
 */
#define WORD(ctx, type, member)                                                                 \
	({                                                                                      \
		__u64 word;                                                                     \
		asm volatile("%0 = *(u32 *)(%1 + %2)"                                           \
			     : "=r"(word)                                                       \
			     : "r"(ctx), "i"(__builtin_offsetof(struct type, member)));         \
		(__u32) word;                                                                   \
	})

/// @description Only this port, on either side
/// @cmdarg {"default": 0, "long": "port", "short": "p"}
const volatile unsigned int target_port = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline void tell(struct bpf_sock_ops *ctx)
{
	__u32 lport = ctx->local_port, rport = bpf_ntohl(ctx->remote_port);
	struct event *e;

	if (target_port && target_port != lport && target_port != rport)
		return;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->family = ctx->family;
	e->lport = lport;
	e->rport = rport;
	if (e->family == FAMILY_IPV4) {
		*(__u32 *)e->laddr = ctx->local_ip4;
		*(__u32 *)e->raddr = ctx->remote_ip4;
	} else {
		((__u32 *)e->laddr)[0] = WORD(ctx, bpf_sock_ops, local_ip6[0]);
		((__u32 *)e->laddr)[1] = WORD(ctx, bpf_sock_ops, local_ip6[1]);
		((__u32 *)e->laddr)[2] = WORD(ctx, bpf_sock_ops, local_ip6[2]);
		((__u32 *)e->laddr)[3] = WORD(ctx, bpf_sock_ops, local_ip6[3]);
		((__u32 *)e->raddr)[0] = WORD(ctx, bpf_sock_ops, remote_ip6[0]);
		((__u32 *)e->raddr)[1] = WORD(ctx, bpf_sock_ops, remote_ip6[1]);
		((__u32 *)e->raddr)[2] = WORD(ctx, bpf_sock_ops, remote_ip6[2]);
		((__u32 *)e->raddr)[3] = WORD(ctx, bpf_sock_ops, remote_ip6[3]);
	}
	e->smoothed = (__u64)(ctx->srtt_us >> 3) * 1000; /* the kernel keeps eighths of microseconds */
	e->shortest = (__u64)ctx->rtt_min * 1000;
	bpf_ringbuf_submit(e, 0);
}

SEC("sockops")
int measures(struct bpf_sock_ops *ctx)
{
	switch (ctx->op) {
	case BPF_SOCK_OPS_ACTIVE_ESTABLISHED_CB:
	case BPF_SOCK_OPS_PASSIVE_ESTABLISHED_CB:
		bpf_sock_ops_cb_flags_set(ctx, ctx->bpf_sock_ops_cb_flags | BPF_SOCK_OPS_RTT_CB_FLAG);
		break;
	case BPF_SOCK_OPS_RTT_CB:
		tell(ctx);
		break;
	}
	return 1;
}

/// @description Shows round-trip times of the TCP connections of a cgroup
char LICENSE[] SEC("license") = "GPL";
