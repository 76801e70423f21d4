#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define TEXT "/// @cmdarg {" /* no doc */
/// First of a line that a macro continues \
const volatile int x = 0;
/// Real
const volatile int y = 0;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	if (y)
		bpf_printk(TEXT);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
