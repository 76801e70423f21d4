/* cause: iterator-misused */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct bpf_iter_num it;

	return bpf_iter_num_next(&it) != 0; /* here */
}

char LICENSE[] SEC("license") = "GPL";
