// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * A line for each module that enters or leaves the kernel. A kernel that was built without modules has no such
 * tracepoints, and says so.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "modsnoop.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 18);
} events SEC(".maps");

/* Events that found the ring buffer full. */
__u64 lost_events;

/*
 * As /sys/kernel/tracing/events/module/module_{load,free}/format have it. They are named here, because the kernel for
 * which this is built may have no modules. The name stands behind them, at an offset in the lower half of `name_at`.
 */
struct loads {
	unsigned long long common;
	unsigned int taints;
	unsigned int name_at;
};

struct frees {
	unsigned long long common;
	unsigned int name_at;
};

static __always_inline int tell(enum change change, unsigned int taints, const void *ctx, unsigned int name_at)
{
	struct event *e = bpf_ringbuf_reserve(&events, sizeof(*e), 0);

	if (!e) {
		__sync_fetch_and_add(&lost_events, 1);
		return 0;
	}
	__builtin_memset(e, 0, sizeof(*e));
	e->pid = bpf_get_current_pid_tgid() >> 32;
	e->uid = bpf_get_current_uid_gid();
	bpf_get_current_comm(e->comm, sizeof(e->comm));
	e->change = change;
	e->taints = taints;
	bpf_probe_read_kernel_str(e->name, sizeof(e->name), ctx + (name_at & 0xffff));
	bpf_ringbuf_submit(e, 0);
	return 0;
}

SEC("tracepoint/module/module_load")
int loaded(struct loads *ctx)
{
	return tell(LOADED, ctx->taints, ctx, ctx->name_at);
}

SEC("tracepoint/module/module_free")
int removed(struct frees *ctx)
{
	return tell(REMOVED, 0, ctx, ctx->name_at);
}

/// @description Traces kernel modules that are loaded and removed
char LICENSE[] SEC("license") = "GPL";
