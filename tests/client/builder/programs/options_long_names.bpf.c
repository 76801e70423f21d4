#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

const volatile int a_variable_whose_name_is_longer_than_any_that_a_command_line_would_take = 0;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	if (a_variable_whose_name_is_longer_than_any_that_a_command_line_would_take)
		return 1;
	return 0;
}
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} a_map_of_a_name_that_the_kernel_cuts SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
