/* cause: read-only */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/sched_switch")
int BPF_PROG(enter, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	prev->pid = 5; /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
