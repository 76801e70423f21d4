// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each connect(2) of TCP, when its first packet has been sent. Probes on the kernel's own functions: what
 * socket it is is known when they are entered, addresses and ports when they return.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "tcpconnect.h"

#define FAMILY_IPV4 2

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only connections to this port
/// @cmdarg {"default": 0, "long": "port", "short": "P"}
const volatile unsigned short target_port = 0;

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32); /* thread */
	__type(value, struct sock *);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

static __always_inline int begins(struct sock *sk)
{
	__u64 id = bpf_get_current_pid_tgid();
	__u32 tid = id;

	if (!target_pid || target_pid == (int)(id >> 32))
		bpf_map_update_elem(&pending, &tid, &sk, BPF_ANY);
	return 0;
}

static __always_inline void tell(struct sock *sk, int ret)
{
	unsigned short port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	struct event *e;

	if (target_port && target_port != port)
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
	e->ret = ret;
	bpf_ringbuf_submit(e, 0);
}

static __always_inline int ends(int ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct sock **sk = bpf_map_lookup_elem(&pending, &tid);

	if (!sk)
		return 0;
	tell(*sk, ret);
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

SEC("kprobe/tcp_v4_connect")
int BPF_KPROBE(enter_v4, struct sock *sk)
{
	return begins(sk);
}

SEC("kprobe/tcp_v6_connect")
int BPF_KPROBE(enter_v6, struct sock *sk)
{
	return begins(sk);
}

SEC("kretprobe/tcp_v4_connect")
int BPF_KRETPROBE(exit_v4, int ret)
{
	return ends(ret);
}

SEC("kretprobe/tcp_v6_connect")
int BPF_KRETPROBE(exit_v6, int ret)
{
	return ends(ret);
}

/// @description Traces the TCP connections that processes open
char LICENSE[] SEC("license") = "GPL";
