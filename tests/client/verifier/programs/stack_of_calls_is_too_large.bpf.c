/* cause: stack-of-calls */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __noinline int inner(int n)
{
	char room[400] = {};
	bpf_get_current_comm(room + n % 100, 16);
	return room[3];
}

SEC("xdp")
int enter(struct xdp_md *ctx) /* here */
{
	char room[300] = {};
	bpf_get_current_comm(room, 16);
	return inner(bpf_get_smp_processor_id() & 7) + room[5];
}

char LICENSE[] SEC("license") = "GPL";
