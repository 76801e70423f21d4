/* cause: beyond-the-struct */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/sched_switch")
int BPF_PROG(enter, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct task_struct *p = bpf_get_current_task_btf();
	bpf_printk("%d", *(volatile int *)((char *)p + 1000000)); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
