#define BPF_NO_GLOBAL_DATA
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
