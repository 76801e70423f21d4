#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// Of no use
SEC("tp_btf/sched_switch")
int BPF_PROG(switched, bool preempt, struct task_struct *before, struct task_struct *after)
{
	return 0;
}

SEC("cgroup_skb/egress")
int egress(struct __sk_buff *context)
{
	return 1;
}

char LICENSE[] SEC("license") = "GPL";
