/* cause: null-not-checked */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct item { __u64 a; };

__noinline int look(struct item *i)
{
	return i->a; /* here */
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct item i = { bpf_ktime_get_ns() };
	return look(&i);
}

char LICENSE[] SEC("license") = "GPL";
