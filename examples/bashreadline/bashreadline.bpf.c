// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each line that somebody types into bash: what its function readline() returns. Scripts are not seen, for
 * they are not typed.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "bashreadline.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

SEC("uretprobe//bin/bash:readline")
int BPF_KRETPROBE(typed, const char *line)
{
	struct event *e;

	if (!line)
		return 0; /* the end of the input */
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	if (bpf_probe_read_user_str(e->line, sizeof(e->line), line) < 0)
		e->line[0] = '\0';
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Shows the lines that people type into bash
char LICENSE[] SEC("license") = "GPL";
