#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "events_two_in_one_map.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} out SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	struct first *a = bpf_ringbuf_reserve(&out, sizeof(*a), 0);

	if (a)
		bpf_ringbuf_discard(a, 0);
	struct second *b = bpf_ringbuf_reserve(&out, sizeof(*b), 0);

	if (b)
		bpf_ringbuf_discard(b, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
