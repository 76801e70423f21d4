/* help: cast both to u32 or u64 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

int total, count;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return total / count; /* here */
}

char LICENSE[] SEC("license") = "GPL";
