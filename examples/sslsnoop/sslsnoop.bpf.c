// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each piece of data that a program hands to OpenSSL or gets from it: the plain text of TLS. Where the data
 * lies is known when the library's functions are called, how much there is when they return. It shows secrets; that is
 * what it is for.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "sslsnoop.h"

struct pending_call {
	const void *data;
	const unsigned long *done; /* where the newer functions write how many bytes there were */
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

static __always_inline int begins(const void *data, const unsigned long *done)
{
	struct pending_call call = { .data = data, .done = done };
	__u32 tid = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&pending, &tid, &call, BPF_ANY);
	return 0;
}

static __always_inline void tell(const void *data, __u32 size, enum way way)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	__u32 kept = size;

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->way = way;
	e->size = size;
	barrier_var(kept); /* so that the compiler keeps the check, which the verifier wants */
	if (kept > DATA_SIZE - 1)
		kept = DATA_SIZE - 1;
	bpf_probe_read_user(e->data, kept, data);
	bpf_ringbuf_submit(e, 0);
}

static __always_inline int ends(int ret, enum way way)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct pending_call *call = bpf_map_lookup_elem(&pending, &tid);
	unsigned long size = ret;

	if (!call)
		return 0;
	if (ret > 0 && call->done && bpf_probe_read_user(&size, sizeof(size), call->done))
		ret = 0;
	if (ret > 0)
		tell(call->data, size, way);
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

SEC("uprobe/libssl.so.3:SSL_write")
int BPF_KPROBE(enter_write, void *ssl, const void *data)
{
	return begins(data, NULL);
}

SEC("uprobe/libssl.so.3:SSL_write_ex")
int BPF_KPROBE(enter_write_ex, void *ssl, const void *data, unsigned long size, const unsigned long *done)
{
	return begins(data, done);
}

SEC("uprobe/libssl.so.3:SSL_read")
int BPF_KPROBE(enter_read, void *ssl, const void *data)
{
	return begins(data, NULL);
}

SEC("uprobe/libssl.so.3:SSL_read_ex")
int BPF_KPROBE(enter_read_ex, void *ssl, const void *data, unsigned long size, const unsigned long *done)
{
	return begins(data, done);
}

SEC("uretprobe/libssl.so.3:SSL_write")
int BPF_KRETPROBE(exit_write, int ret)
{
	return ends(ret, SENT);
}

SEC("uretprobe/libssl.so.3:SSL_write_ex")
int BPF_KRETPROBE(exit_write_ex, int ret)
{
	return ends(ret, SENT);
}

SEC("uretprobe/libssl.so.3:SSL_read")
int BPF_KRETPROBE(exit_read, int ret)
{
	return ends(ret, RECEIVED);
}

SEC("uretprobe/libssl.so.3:SSL_read_ex")
int BPF_KRETPROBE(exit_read_ex, int ret)
{
	return ends(ret, RECEIVED);
}

/// @description Shows what programs send and receive through OpenSSL, before it is encrypted
char LICENSE[] SEC("license") = "GPL";
