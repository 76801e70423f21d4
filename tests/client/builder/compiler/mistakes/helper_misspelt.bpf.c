/* help: did you mean bpf_get_current_uid_gid()? */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	bpf_get_current_uidgid(); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
