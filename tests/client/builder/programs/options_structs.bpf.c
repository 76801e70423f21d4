#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct bounds {
	int low, high;
};
const volatile struct bounds range = { 1, 2 };
const volatile int list[3] = { 1, 2, 3 };
const volatile int x = 0;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	if (x > range.low && x < list[1])
		return 1;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
