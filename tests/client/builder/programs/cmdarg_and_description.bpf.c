#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @cmdarg {"short": "p"}
/// @description which process
const volatile int x = 0;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	if (x == 77)
		bpf_printk("77");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
