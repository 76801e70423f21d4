/* cause: indirect-call */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __noinline int a(int x) { return x + bpf_get_smp_processor_id(); }

static __noinline int b(int x) { return x * bpf_get_smp_processor_id(); }
static int (*table[])(int) = { a, b };
volatile int n;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return table[n & 1](n); /* here */
}

char LICENSE[] SEC("license") = "GPL";
