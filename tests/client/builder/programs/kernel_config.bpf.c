#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

extern int LINUX_KERNEL_VERSION __kconfig;
extern bool CONFIG_BPF __kconfig __weak;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	if (CONFIG_BPF && LINUX_KERNEL_VERSION > 1)
		bpf_printk("x");
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
