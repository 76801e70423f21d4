/* help: BPF has no numbers of 128 bits */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

u64 a, b;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return (unsigned __int128)a * b >> 64; /* here */
}

char LICENSE[] SEC("license") = "GPL";
