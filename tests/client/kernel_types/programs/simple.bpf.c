/* One field of one struct. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

long out;

SEC("raw_tp/sys_enter")
int simple(struct task_struct *task)
{
	out = BPF_CORE_READ(task, tgid);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
