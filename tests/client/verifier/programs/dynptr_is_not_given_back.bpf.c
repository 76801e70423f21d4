/* cause: not-released */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	struct bpf_dynptr ptr;
	bpf_ringbuf_reserve_dynptr(&events, 8, 0, &ptr);
	return 0; /* here */
}

char LICENSE[] SEC("license") = "GPL";
