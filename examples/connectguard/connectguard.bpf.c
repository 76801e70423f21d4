// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Refuses connect(2) to one port, TCP or UDP, to the processes of a cgroup, and prints a line for each such call.
 * Without a port nothing is refused, and every call is shown. What is connected already stays so.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include "connectguard.h"

#define FAMILY_IPV4 2
#define FAMILY_IPV6 10
#define REFUSE 0
#define PERMIT 1

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

/// @description Refuse connections to this port; 0 refuses none, and shows all
/// @cmdarg {"default": 0, "long": "port", "short": "p"}
const volatile unsigned short target_port = 0;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline int decide(struct bpf_sock_addr *ctx, unsigned short family)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	unsigned short port = bpf_ntohs(ctx->user_port);
	bool refused = target_port && target_port == port;
	struct event *e;

	if (target_port && !refused)
		return PERMIT;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return refused ? REFUSE : PERMIT;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = BPF_CORE_READ(task, tgid);
	e->uid = bpf_get_current_uid_gid();
	BPF_CORE_READ_STR_INTO(&e->comm, task, comm);
	e->refused = refused;
	e->family = family;
	e->port = port;
	if (family == FAMILY_IPV4) {
		*(__u32 *)e->addr = ctx->user_ip4;
	} else {
		((__u32 *)e->addr)[0] = WORD(ctx, bpf_sock_addr, user_ip6[0]);
		((__u32 *)e->addr)[1] = WORD(ctx, bpf_sock_addr, user_ip6[1]);
		((__u32 *)e->addr)[2] = WORD(ctx, bpf_sock_addr, user_ip6[2]);
		((__u32 *)e->addr)[3] = WORD(ctx, bpf_sock_addr, user_ip6[3]);
	}
	bpf_ringbuf_submit(e, 0);
	return refused ? REFUSE : PERMIT;
}

SEC("cgroup/connect4")
int connects_v4(struct bpf_sock_addr *ctx)
{
	return decide(ctx, FAMILY_IPV4);
}

SEC("cgroup/connect6")
int connects_v6(struct bpf_sock_addr *ctx)
{
	return decide(ctx, FAMILY_IPV6);
}

/// @description Forbids the processes of a cgroup to connect to a port
char LICENSE[] SEC("license") = "GPL";
