// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A table of the processes that touch memory which is not there yet, or not theirs to write: page faults in user mode.
 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "pagefaults.h"

#define FAULT_PROTECTION 1 /* X86_PF_PROT */
#define FAULT_WRITE 2      /* X86_PF_WRITE */

/// @description Only this process
/// @cmdarg {"default": 0, "long": "pid", "short": "p"}
const volatile int target_pid = 0;

/// @sample {"interval": 1000}
/// @metric {"name": "page_faults_total", "kind": "counter", "help": "Page faults in user mode", "value": "count",
///          "labels": {"pid": "pid", "comm": "comm"}}
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 10240);
	__type(key, struct who);
	__type(value, struct faults);
} counts SEC(".maps");

SEC("tp_btf/page_fault_user")
int BPF_PROG(user_faults, unsigned long address, struct pt_regs *regs, unsigned long error)
{
	static const struct faults none;
	struct who who = { .pid = bpf_get_current_pid_tgid() >> 32 };
	struct faults *faults;

	if (target_pid && target_pid != who.pid)
		return 0;
	faults = bpf_map_lookup_elem(&counts, &who);
	if (!faults) {
		bpf_map_update_elem(&counts, &who, &none, BPF_NOEXIST);
		faults = bpf_map_lookup_elem(&counts, &who);
		if (!faults)
			return 0;
	}
	bpf_get_current_comm(faults->comm, sizeof(faults->comm)); /* it may have started another program */
	__sync_fetch_and_add(&faults->count, 1);
	if (error & FAULT_WRITE)
		__sync_fetch_and_add(&faults->writes, 1);
	if (error & FAULT_PROTECTION)
		__sync_fetch_and_add(&faults->protections, 1);
	return 0;
}

/// @description Counts the page faults of processes
char LICENSE[] SEC("license") = "GPL";
