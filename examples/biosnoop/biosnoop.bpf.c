// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each request that a disk has done. Requests are matched by device and sector.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "biosnoop.h"

#define MINOR_BITS 20

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only requests that took at least so many microseconds
/// @cmdarg {"default": 0, "long": "slower", "short": "s"}
const volatile unsigned long long slower_than = 0;

struct place {
	__u64 sector;
	__u64 device;
};

struct sent_request {
	__u64 at;
	int pid;
	unsigned int size;
	char comm[COMM_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct place);
	__type(value, struct sent_request);
} sent SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

SEC("tracepoint/block/block_rq_issue")
int request_is_sent(struct trace_event_raw_block_rq *ctx)
{
	struct place place = { .sector = ctx->sector, .device = ctx->dev };
	struct sent_request request = { .pid = bpf_get_current_pid_tgid() >> 32, .size = ctx->bytes };

	if (target_pid && target_pid != request.pid)
		return 0;
	bpf_get_current_comm(request.comm, sizeof(request.comm));
	request.at = bpf_ktime_get_ns();
	bpf_map_update_elem(&sent, &place, &request, BPF_ANY);
	return 0;
}

static __always_inline void send(struct trace_event_raw_block_rq_completion *ctx, const struct sent_request *request)
{
	__u64 took = bpf_ktime_get_ns() - request->at;
	struct event *e;

	if (took < slower_than * 1000)
		return;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = request->pid;
	e->major = ctx->dev >> MINOR_BITS;
	e->minor = ctx->dev & ((1 << MINOR_BITS) - 1);
	e->error = ctx->error;
	e->sector = ctx->sector;
	e->size = request->size;
	e->took = took;
	bpf_probe_read_kernel_str(e->kind, sizeof(e->kind), ctx->rwbs);
	__builtin_memcpy(e->comm, request->comm, sizeof(e->comm));
	bpf_ringbuf_submit(e, 0);
}

SEC("tracepoint/block/block_rq_complete")
int request_is_done(struct trace_event_raw_block_rq_completion *ctx)
{
	struct place place = { .sector = ctx->sector, .device = ctx->dev };
	struct sent_request *request = bpf_map_lookup_elem(&sent, &place);

	if (!request)
		return 0;
	send(ctx, request);
	bpf_map_delete_elem(&sent, &place);
	return 0;
}

/// @description Traces requests to disks, with their latency
char LICENSE[] SEC("license") = "GPL";
