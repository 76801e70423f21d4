/* help: a BPF function takes at most 5 arguments */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

static __noinline int sum(int a, int b, int c, int d, int e, int f)
{
	return a + b + c + d + e + f + bpf_get_smp_processor_id();
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	int n = bpf_get_smp_processor_id();

	return sum(n, n + 1, n + 2, n + 3, n + 4, n + 5); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
