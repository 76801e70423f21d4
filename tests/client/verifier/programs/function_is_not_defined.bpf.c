/* cause: function-undefined */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

int other(int);

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return other(1); /* here */
}

char LICENSE[] SEC("license") = "GPL";
