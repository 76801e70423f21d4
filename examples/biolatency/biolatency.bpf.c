// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A histogram for each disk: the time from when a request was sent to it until it was done. With --queued, from when
 * the request was put into the scheduler's queue, where the disk has one.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "biolatency.h"

#define MINOR_BITS 20

/// @description Count the time in the scheduler's queue too
/// @cmdarg {"default": false, "long": "queued", "short": "Q"}
const volatile bool with_queue = false;

struct place {
	__u64 sector;
	__u64 device;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct place);
	__type(value, __u64); /* when it was sent, ns */
} sent SEC(".maps");

/// @sample {"interval": 1000, "type": "log2_hist", "unit": "us"}
/// @metric {"name": "disk_latency_us", "kind": "histogram", "help": "Time of requests to disks",
///          "labels": {"major": "major", "minor": "minor"}}
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, struct disk);
	__type(value, struct hist);
} hists SEC(".maps");

/* Slot i holds what is from 2^i to below 2^(i+1); slot 0 also what is 0. */
static __always_inline unsigned int slot_of(__u64 value)
{
	unsigned int slot = 0;

	for (int bits = 32; bits; bits >>= 1) {
		if (value >> bits) {
			value >>= bits;
			slot += bits;
		}
	}
	return slot < SLOTS ? slot : SLOTS - 1;
}

static __always_inline int begins(struct trace_event_raw_block_rq *ctx, __u64 flags)
{
	struct place place = { .sector = ctx->sector, .device = ctx->dev };
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&sent, &place, &now, flags);
	return 0;
}

SEC("tracepoint/block/block_rq_insert")
int request_is_queued(struct trace_event_raw_block_rq *ctx)
{
	return with_queue ? begins(ctx, BPF_ANY) : 0;
}

SEC("tracepoint/block/block_rq_issue")
int request_is_sent(struct trace_event_raw_block_rq *ctx)
{
	return begins(ctx, with_queue ? BPF_NOEXIST : BPF_ANY);
}

SEC("tracepoint/block/block_rq_complete")
int request_is_done(struct trace_event_raw_block_rq_completion *ctx)
{
	static const struct hist none;
	struct place place = { .sector = ctx->sector, .device = ctx->dev };
	struct disk disk = { .major = ctx->dev >> MINOR_BITS, .minor = ctx->dev & ((1 << MINOR_BITS) - 1) };
	__u64 *start = bpf_map_lookup_elem(&sent, &place);
	struct hist *hist;

	if (!start)
		return 0;
	hist = bpf_map_lookup_elem(&hists, &disk);
	if (!hist) {
		bpf_map_update_elem(&hists, &disk, &none, BPF_NOEXIST);
		hist = bpf_map_lookup_elem(&hists, &disk);
	}
	if (hist)
		__sync_fetch_and_add(&hist->slots[slot_of((bpf_ktime_get_ns() - *start) / 1000)], 1);
	bpf_map_delete_elem(&sent, &place);
	return 0;
}

/// @description Shows how long disks take for their requests
char LICENSE[] SEC("license") = "GPL";
