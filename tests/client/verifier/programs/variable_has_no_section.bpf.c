/* cause: relocation-unknown */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static volatile int count SEC("counters");

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return count; /* here */
}

char LICENSE[] SEC("license") = "GPL";
