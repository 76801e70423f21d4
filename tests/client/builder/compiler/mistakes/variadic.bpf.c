/* help: functions with … or struct results do not exist in BPF */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

static __noinline int sum(int count, ...) /* here */
{
	__builtin_va_list list;

	__builtin_va_start(list, count);
	return __builtin_va_arg(list, int) + bpf_get_smp_processor_id();
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return sum(1, 2);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
