/* cause: indirect-call */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __noinline int a(int x) { return x + bpf_get_smp_processor_id(); }

static __noinline int b(int x) { return x * bpf_get_smp_processor_id(); }
volatile int n;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	int (*p)(int) = n ? a : b;
	return p(n); /* here */
}

char LICENSE[] SEC("license") = "GPL";
