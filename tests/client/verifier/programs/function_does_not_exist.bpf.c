/* cause: hook-missing */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

SEC("fentry/no_such_function")
int BPF_PROG(enter) /* here */
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
