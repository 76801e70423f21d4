/* cause: index-unbounded */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int n;
char table[16];

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	int i = n;

	if (i < 16)
		return table[i]; /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
