/* help: a kfunc is declared as the kernel has it, with __ksym at the end: extern int bpf_task_acquire(…) __ksym; */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	bpf_task_acquire(ctx); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
