/* cause: index-unbounded */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u32 n;
char table[16];

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return table[n]; /* here */
}

char LICENSE[] SEC("license") = "GPL";
