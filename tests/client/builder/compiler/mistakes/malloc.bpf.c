/* help: an entry of a BPF_MAP_TYPE_PERCPU_ARRAY */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	malloc(64); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
