/* help: struct event_of_mine is neither in your program nor in vmlinux.h */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct event_of_mine event = {}; /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
