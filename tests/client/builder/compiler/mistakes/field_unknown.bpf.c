/* help: the struct task_struct of these types has no such field */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();

	return BPF_CORE_READ(task, state); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
