#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
struct entry {
	/** Process */
	int pid;
	char comm[16];
};

SEC("iter/task")
int dump(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct entry entry = {};

	if (task) {
		entry.pid = task->pid;
		bpf_seq_write(context->meta->seq, &entry, sizeof(entry));
	}
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
