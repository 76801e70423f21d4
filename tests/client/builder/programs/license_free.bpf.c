#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
char LICENSE[] SEC("license") = "Apache-2.0";

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}
