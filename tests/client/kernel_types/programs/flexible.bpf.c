/* The third item of an array without length at the end of a struct. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct open_ended { int more; int items[]; } __attribute__((preserve_access_index));
long out;

SEC("raw_tp/sys_enter")
int flexible(struct open_ended *holder)
{
	out = BPF_CORE_READ(holder, items[3]);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
