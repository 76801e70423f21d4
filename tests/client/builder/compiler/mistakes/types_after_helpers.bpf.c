/* help: #include "vmlinux.h" before all headers of libbpf */
#include <bpf/bpf_helpers.h> /* here */
#include "vmlinux.h"

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
