/* help: an array's size must be constant */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	char room[bpf_get_smp_processor_id()]; /* here */

	bpf_get_current_comm(room, sizeof(room));
	return room[0];
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
