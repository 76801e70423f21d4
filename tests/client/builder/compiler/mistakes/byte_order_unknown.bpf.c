/* help: write bpf_htons(), and #include <bpf/bpf_endian.h> */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return htons(80); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
