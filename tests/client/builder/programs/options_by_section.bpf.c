#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile int x = 1;
int threshold = 2;
/// Kept between calls, and set before the first
int start;
int counter;
static int hidden = 3;
const int fixed = 4;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	counter += x + threshold + start + hidden + fixed;
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
