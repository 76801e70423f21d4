/* cause: stack-index-unbounded */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

volatile __u32 n;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	char room[16] = {};
	room[n] = 1; /* here */
	bpf_printk("%s", room);
	return room[2];
}

char LICENSE[] SEC("license") = "GPL";
