// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line each time the kernel asks whether a process has a capability, with the answer: what a service really needs,
 * and what it tried without being allowed. The question is a function of the kernel; fexit sees arguments and result.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "capable.h"

#define NOT_AUDITED 2 /* CAP_OPT_NOAUDIT, since Linux 5.1 */

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @description Only what was refused
/// @cmdarg {"default": false, "long": "refused", "short": "x"}
const volatile bool refused_only = false;

/// @description Only this capability, by its number
/// @cmdarg {"default": -1, "long": "capability", "short": "c"}
const volatile int target_capability = -1;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

SEC("fexit/cap_capable")
int BPF_PROG(asked, const struct cred *cred, struct user_namespace *owner, int capability, unsigned int flags, int ret)
{
	int pid = bpf_get_current_pid_tgid() >> 32;
	struct event *e;

	if ((target_pid && target_pid != pid) || (refused_only && !ret))
		return 0;
	if (target_capability >= 0 && target_capability != capability)
		return 0;
	e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);
	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = pid;
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->capability = capability;
	e->audited = !(flags & NOT_AUDITED);
	e->ret = ret;
	bpf_ringbuf_submit(e, 0);
	return 0;
}

/// @description Traces what privileges processes use, or would need
char LICENSE[] SEC("license") = "GPL";
