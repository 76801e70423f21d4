#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "events_several.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} opened SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} closed SEC(".maps");
/// @event struct other
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} more SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	struct opened *first = bpf_ringbuf_reserve(&opened, sizeof(*first), 0);

	if (first)
		bpf_ringbuf_discard(first, 0);
	struct closed *second = bpf_ringbuf_reserve(&closed, sizeof(*second), 0);

	if (second)
		bpf_ringbuf_discard(second, 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
