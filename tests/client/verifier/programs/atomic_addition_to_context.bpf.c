/* cause: atomic-target */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

__u64 n;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return __sync_fetch_and_add((__u32 *)ctx, 1) , 0; /* here */
}

char LICENSE[] SEC("license") = "GPL";
