// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Counts what programs do with files, in the layer that all file systems share. Each operation is a function of the
 * kernel; fentry counts its calls, with a counter for each processor, so that counting costs next to nothing.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "vfsstat.h"

/// @sample {"interval": 1000, "type": "default_kv", "clear_map": true}
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, OPERATIONS);
	__type(key, struct operation_key);
	__type(value, struct operation_count);
} operations SEC(".maps");

static __always_inline int count(enum operation operation)
{
	struct operation_key key = { .operation = operation };
	struct operation_count first = { .count = 1 }, *found = bpf_map_lookup_elem(&operations, &key);

	if (found)
		found->count++;
	else
		bpf_map_update_elem(&operations, &key, &first, BPF_ANY);
	return 0;
}

SEC("fentry/vfs_read")
int BPF_PROG(reads)
{
	return count(READ);
}

SEC("fentry/vfs_write")
int BPF_PROG(writes)
{
	return count(WRITE);
}

SEC("fentry/vfs_open")
int BPF_PROG(opens)
{
	return count(OPEN);
}

SEC("fentry/vfs_create")
int BPF_PROG(creates)
{
	return count(CREATE);
}

SEC("fentry/vfs_fsync_range")
int BPF_PROG(syncs)
{
	return count(FSYNC);
}

/// @description Counts reads, writes, opens, creations and syncs of files
char LICENSE[] SEC("license") = "GPL";
