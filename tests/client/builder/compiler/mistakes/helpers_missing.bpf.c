/* help: SEC is a macro of libbpf: #include <bpf/bpf_helpers.h> */
#include "vmlinux.h"

SEC("raw_tp/sys_enter") /* here */
int enter(void *ctx)
{
	return 0;
}
