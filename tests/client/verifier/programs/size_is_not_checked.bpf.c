/* cause: size-unbounded */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

__u32 n;
char buffer[64];

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	bpf_probe_read_kernel(buffer, n, ctx); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
