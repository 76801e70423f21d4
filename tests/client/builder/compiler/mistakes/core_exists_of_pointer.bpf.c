/* help: bpf_core_field_exists(task->pid) */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return bpf_core_field_exists(task); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
