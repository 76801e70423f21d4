/* cause: size-unbounded */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(struct bpf_raw_tracepoint_args *ctx)
{
	char buffer[64];
	int n = ctx->args[1];

	if (n > 64)
		return 0;
	bpf_probe_read_kernel(buffer, n, (void *)ctx->args[0]); /* here */
	bpf_printk("%s", buffer);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
