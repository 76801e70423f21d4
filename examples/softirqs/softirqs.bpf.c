// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A table of the kernel's soft interrupts: how often each ran, and for how long, over all processors.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "softirqs.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64); /* when it started, ns */
} started SEC(".maps");

/// @sample {"interval": 1000}
/// @metric {"name": "softirqs_total", "kind": "counter", "help": "Soft interrupts", "value": "count",
///          "labels": {"softirq": "softirq"}}
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 16);
	__type(key, struct kind);
	__type(value, struct runs);
} counts SEC(".maps");

SEC("tracepoint/irq/softirq_entry")
int softirq_starts(struct trace_event_raw_softirq *ctx)
{
	__u32 zero = 0;
	__u64 now = bpf_ktime_get_ns();

	bpf_map_update_elem(&started, &zero, &now, BPF_ANY);
	return 0;
}

SEC("tracepoint/irq/softirq_exit")
int softirq_ends(struct trace_event_raw_softirq *ctx)
{
	static const struct runs none;
	struct kind kind = { .softirq = ctx->vec };
	__u32 zero = 0;
	__u64 *start = bpf_map_lookup_elem(&started, &zero);
	struct runs *runs = bpf_map_lookup_elem(&counts, &kind);

	if (!runs) {
		bpf_map_update_elem(&counts, &kind, &none, BPF_NOEXIST);
		runs = bpf_map_lookup_elem(&counts, &kind);
	}
	if (!runs || !start || !*start)
		return 0;
	runs->count++; /* of this processor alone */
	runs->time += bpf_ktime_get_ns() - *start;
	*start = 0;
	return 0;
}

/// @description Sums up the time in the kernel's soft interrupts
char LICENSE[] SEC("license") = "GPL";
