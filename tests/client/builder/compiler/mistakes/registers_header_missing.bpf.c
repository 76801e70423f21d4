/* help: PT_REGS_PARM1 is a macro of libbpf: #include <bpf/bpf_tracing.h> */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/do_unlinkat")
int enter(struct pt_regs *ctx)
{
	return PT_REGS_PARM1(ctx); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
