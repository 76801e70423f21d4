/* help: pass a pointer to the struct */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct span {
	u64 from, to, steps;
};

static __noinline u64 length(struct span span)
{
	return span.to - span.from * bpf_ktime_get_ns();
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct span span = { bpf_ktime_get_ns(), 2, 3 };

	return length(span); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
