// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each name that a program looks up by getaddrinfo(3), with the time that it waited, wherever the answer
 * came from: DNS, /etc/hosts, a cache. Programs with a resolver of their own, as Go's, are not seen.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "gethostlatency.h"

struct lookup {
	__u64 began; /* nanoseconds since boot */
	char host[HOST_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, __u32); /* thread */
	__type(value, struct lookup);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

SEC("uprobe/libc.so.6:getaddrinfo")
int BPF_KPROBE(asks, const char *host)
{
	struct lookup lookup = { .began = bpf_ktime_get_ns() };
	__u32 tid = bpf_get_current_pid_tgid();

	if (!host)
		return 0; /* only a service is wanted */
	bpf_probe_read_user_str(lookup.host, sizeof(lookup.host), host);
	bpf_map_update_elem(&pending, &tid, &lookup, BPF_ANY);
	return 0;
}

SEC("uretprobe/libc.so.6:getaddrinfo")
int BPF_KRETPROBE(answered, int ret)
{
	__u32 tid = bpf_get_current_pid_tgid();
	struct lookup *lookup = bpf_map_lookup_elem(&pending, &tid);
	struct event *e;

	if (!lookup)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
	} else {
		e->pid = bpf_get_current_pid_tgid() >> 32;
		bpf_get_current_comm(e->comm, sizeof(e->comm));
		e->waited = bpf_ktime_get_ns() - lookup->began;
		e->ret = ret;
		__builtin_memcpy(e->host, lookup->host, sizeof(e->host));
		bpf_ringbuf_submit(e, 0);
	}
	bpf_map_delete_elem(&pending, &tid);
	return 0;
}

/// @description Shows how long programs wait for the addresses of host names
char LICENSE[] SEC("license") = "GPL";
