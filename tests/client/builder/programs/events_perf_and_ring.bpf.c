#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "events_perf_and_ring.h"

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} old SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} new SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	struct before before = {};

	bpf_perf_event_output(context, &old, BPF_F_CURRENT_CPU, &before, sizeof(before));
	struct after *record = bpf_ringbuf_reserve(&new, sizeof(*record), 0);

	if (record)
		bpf_ringbuf_discard(record, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
