/* cause: dynptr-misused */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct bpf_dynptr ptr;
	char x[4];
	bpf_dynptr_read(x, 4, &ptr, 0, 0); /* here */
	return x[0];
}

char LICENSE[] SEC("license") = "GPL";
