/* help: bpf_get_smp_processor_id() is a helper of the kernel: #include <bpf/bpf_helpers.h> */
#include "vmlinux.h"

int enter(void *ctx)
{
	return bpf_get_smp_processor_id(); /* here */
}
