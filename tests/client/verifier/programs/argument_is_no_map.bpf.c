/* cause: argument-kind */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	__u32 key = 1;
	return bpf_map_lookup_elem((void *)ctx, &key) != 0; /* here */
}

char LICENSE[] SEC("license") = "GPL";
