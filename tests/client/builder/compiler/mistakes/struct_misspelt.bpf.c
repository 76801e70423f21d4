/* help: struct task_strct is neither in your program nor in vmlinux.h */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct task_strct *task = (void *)bpf_get_current_task();

	return task->pid; /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
