/* help: the stack has 512 bytes */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx) /* here */
{
	char path[1024];

	bpf_probe_read_kernel(path, sizeof(path), ctx);
	bpf_printk("%s", path);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
