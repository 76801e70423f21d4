/* help: vmlinux.h has a key too, a type of the kernel */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct key { /* here */
	u32 pid;
};

char LICENSE[] SEC("license") = "GPL";
