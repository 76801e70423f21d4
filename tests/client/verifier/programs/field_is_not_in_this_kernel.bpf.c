/* cause: field-missing */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct___old {
	long no_such_field;
} __attribute__((preserve_access_index));

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct task_struct___old *t = (void *)bpf_get_current_task();
	return BPF_CORE_READ(t, no_such_field); /* here */
}

char LICENSE[] SEC("license") = "GPL";
