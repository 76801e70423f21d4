/* help: use if or switch in place of goto */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	static void *places[] = { &&first, &&second };

	goto *places[bpf_get_smp_processor_id() & 1]; /* here */
first:
	return 1;
second:
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
