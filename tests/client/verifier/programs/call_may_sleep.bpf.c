/* cause: may-sleep */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("uprobe//bin/true:main")
int enter(struct pt_regs *ctx)
{
	char b[8];
	bpf_copy_from_user(b, 8, (void *)ctx->sp); /* here */
	return b[0];
}

char LICENSE[] SEC("license") = "GPL";
