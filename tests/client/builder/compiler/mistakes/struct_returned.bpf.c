/* help: pass a pointer to the struct */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct span {
	u64 from, to, steps;
};

static __noinline struct span span_of(u64 from) /* here */
{
	struct span made = { from, bpf_ktime_get_ns(), 1 };

	return made;
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return span_of((u64)ctx).to;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
