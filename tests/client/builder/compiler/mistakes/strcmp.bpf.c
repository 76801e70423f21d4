/* help: bpf_strncmp(text, sizeof(text), "constant") */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	char comm[16];

	bpf_get_current_comm(comm, sizeof(comm));
	if (strcmp(comm, "bash") == 0) /* here */
		return 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
