/* cause: no-such-argument */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/sched_process_exit")
int BPF_PROG(enter, struct task_struct *p, bool dead, u64 third, u64 fourth) /* here */
{
	return fourth;
}

char LICENSE[] SEC("license") = "GPL";
