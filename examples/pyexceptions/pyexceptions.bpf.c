// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each exception that a Python program raises, also where the program catches it itself. All of them go
 * through one function of the interpreter, whose file must be named: --binary with python3 itself, or with libpython
 * where it is a library of its own (ldd tells).
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "pyexceptions.h"

/* The start of a class (Include/cpython/object.h), the same in CPython 3.2 to 3.13 without free threading. */
struct python_type {
	long references;
	void *type;
	long size;
	const char *name;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

/// @attach {"symbol": "_PyErr_SetObject"}
SEC("uprobe")
int BPF_KPROBE(raised, void *state, const struct python_type *type)
{
	const char *name = NULL;
	struct event *e;

	if (bpf_probe_read_user(&name, sizeof(name), &type->name))
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	if (bpf_probe_read_user_str(e->name, sizeof(e->name), name) < 0)
		e->name[0] = '\0';
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Shows the exceptions that Python programs raise
char LICENSE[] SEC("license") = "GPL";
