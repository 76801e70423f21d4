#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "events_output_call.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} rb SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	struct event event = {};

	bpf_ringbuf_output(&rb, &event, sizeof(event), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
