// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * One record for each open file of each process, by the kernel's own lists.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "lsfd.h"

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @event struct open_file
SEC("iter/task_file")
int list(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct open_file record = {};
	const unsigned char *name = NULL;

	if (!task || !file || task->pid != task->tgid) /* threads share the files of their process */
		return 0;
	if (target_pid && target_pid != task->tgid)
		return 0;
	record.pid = task->tgid;
	record.fd = ctx->fd;
	record.flags = file->f_flags;
	record.position = file->f_pos;
	record.mode = BPF_CORE_READ(file, f_inode, i_mode);
	record.inode = BPF_CORE_READ(file, f_inode, i_ino);
	name = (const unsigned char *)BPF_CORE_READ(file, f_inode, i_sb, s_type, name);
	bpf_probe_read_kernel_str(record.filesystem, sizeof(record.filesystem), name);
	BPF_CORE_READ_INTO(&name, file, f_path.dentry, d_name.name);
	bpf_probe_read_kernel_str(record.fname, sizeof(record.fname), name);
	bpf_probe_read_kernel_str(record.comm, sizeof(record.comm), task->comm);
	bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
	return 0;
}

/// @description Lists the files that processes have open
char LICENSE[] SEC("license") = "GPL";
