#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} out SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	int number = 1;

	bpf_ringbuf_output(&out, &number, sizeof(number), 0);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
