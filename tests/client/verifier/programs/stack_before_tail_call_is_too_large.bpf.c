/* cause: stack-of-calls */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} jumps SEC(".maps");

static __noinline int inner(void *ctx)
{
	char room[300];
	bpf_probe_read_kernel(room, sizeof(room), room);
	bpf_tail_call(ctx, &jumps, 0);
	return room[3] + room[99];
}

SEC("raw_tp/sys_enter")
int enter(void *ctx) /* here */
{
	char room[300];
	bpf_probe_read_kernel(room, sizeof(room), room);
	return inner(ctx) + room[5];
}

char LICENSE[] SEC("license") = "GPL";
