/* cause: read-only */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

const volatile char name[16] = "x";

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	bpf_get_current_comm((void *)name, sizeof(name)); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
