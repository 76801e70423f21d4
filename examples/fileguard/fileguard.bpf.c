// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Refuses to open one file, to root as well, and prints a line for each try. It is asked as a security module (LSM)
 * for each file that is opened. The file is known by its path: another hard link to it, or another mount, is another
 * path. What is open already stays so.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "fileguard.h"

#define EPERM 1

/// @description Path of the file, without symbolic links; without one nothing is refused
/// @cmdarg {"default": "", "long": "file", "short": "f"}
const volatile char target_file[PATH_SIZE] = "";

/// @description Permit it to this user
/// @cmdarg {"default": -1, "long": "permit-uid", "short": "u"}
const volatile int permitted_uid = -1;

struct path_text {
	char text[PATH_SIZE];
};

/* A path is too large for the stack; each processor looks at one at a time. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct path_text);
} scratch SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Refusals whose events found the ring buffer full. */
__u64 lost_events;

static __always_inline bool is_target(const char *path)
{
	for (int i = 0; i < PATH_SIZE; i++) {
		if (path[i] != target_file[i])
			return false;
		if (!path[i])
			return true;
	}
	return false;
}

static __always_inline void tell(const struct path_text *path)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	__builtin_memcpy(e->path, path->text, sizeof(e->path));
	bpf_ringbuf_submit(e, 0);
}

SEC("lsm/file_open")
int BPF_PROG(opens, struct file *file, int ret)
{
	struct path_text *path;
	__u32 zero = 0;

	if (ret || !target_file[0])
		return ret;
	if (permitted_uid >= 0 && permitted_uid == (int)bpf_get_current_uid_gid())
		return 0;
	path = bpf_map_lookup_elem(&scratch, &zero);
	if (!path || bpf_d_path((struct path *)&file->f_path, path->text, sizeof(path->text)) < 0)
		return 0;
	if (!is_target(path->text))
		return 0;
	tell(path);
	return -EPERM;
}

/// @description Forbids to open one file
char LICENSE[] SEC("license") = "GPL";
