/* cause: beyond-the-stack */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	char room[16];
	bpf_probe_read_kernel(room, 600, ctx); /* here */
	return room[2];
}

char LICENSE[] SEC("license") = "GPL";
