/* cause: section-unknown */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("tracepoints/syscalls/sys_enter_openat")
int enter(void *ctx)
{
	return 0; /* here */
}

char LICENSE[] SEC("license") = "GPL";
