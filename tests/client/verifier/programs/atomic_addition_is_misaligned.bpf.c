/* cause: misaligned */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	char data[16] = {};
	bpf_get_current_comm(data, 16);
	return __sync_fetch_and_add((__u64 *)(data + 3), 1), data[3]; /* here */
}

char LICENSE[] SEC("license") = "GPL";
