/* cause: not-released */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int bpf_iter_num_new(struct bpf_iter_num *it, int start, int end) __ksym;
extern int *bpf_iter_num_next(struct bpf_iter_num *it) __ksym;
extern void bpf_iter_num_destroy(struct bpf_iter_num *it) __ksym;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct bpf_iter_num it;
	int *n, sum = 0;
	bpf_iter_num_new(&it, 0, 5);
	while ((n = bpf_iter_num_next(&it)))
		sum += *n;
	return sum; /* here */
}

char LICENSE[] SEC("license") = "GPL";
