// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each process that the kernel kills because memory ran out, of the machine or of a control group.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "oomkill.h"

#define KILOBYTE 1024

/// @metric {"name": "oom_kills_total", "kind": "counter", "help": "Processes killed because memory ran out",
///          "labels": {"comm": "comm"}}
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 16);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

/* Since 6.8 the tracepoint tells more than the process. */
static __always_inline void add_details(struct event *e, struct trace_event_raw_mark_victim *ctx)
{
	if (!bpf_core_field_exists(ctx->anon_rss))
		return;
	bpf_probe_read_kernel_str(e->comm, sizeof(e->comm), (void *)ctx + (ctx->__data_loc_comm & 0xffff));
	e->anonymous = ctx->anon_rss * KILOBYTE;
	e->files = ctx->file_rss * KILOBYTE;
	e->total = ctx->total_vm * KILOBYTE;
	e->score_adjust = ctx->oom_score_adj;
}

SEC("tracepoint/oom/mark_victim")
int process_is_chosen(struct trace_event_raw_mark_victim *ctx)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = ctx->pid;
	e->asker_pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(e->asker_comm, sizeof(e->asker_comm));
	add_details(e, ctx);
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Traces processes that are killed because memory ran out
char LICENSE[] SEC("license") = "GPL";
