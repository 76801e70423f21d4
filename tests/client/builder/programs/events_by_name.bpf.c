#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "events_by_name.h"

static __always_inline int sent(void *map)
{
	struct exit_event record = {};

	return bpf_ringbuf_output(map, &record, sizeof(record), 0);
}

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} exit_events SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	sent(&exit_events);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
