/* cause: hook-missing */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("tp_btf/no_such_tracepoint")
int BPF_PROG(enter, struct task_struct *p) /* here */
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
