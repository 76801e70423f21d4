#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "struct_plain.h"
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	struct event *record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);

	if (record)
		bpf_ringbuf_discard(record, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
