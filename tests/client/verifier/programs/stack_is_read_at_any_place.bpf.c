/* cause: stack-index-unbounded */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u32 n;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	char room[16] = {};
	bpf_get_current_comm(room, 16);
	return room[n]; /* here */
}

char LICENSE[] SEC("license") = "GPL";
