#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

// Not a doc comment
const volatile int x = 0;
/* Nor this */
const volatile int plain = 0;
//// nor this
const volatile int slashes = 0;
/** Starred */
const volatile int starred = 0;
const volatile int behind = 0; ///< Behind it

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	if (x == 77)
		bpf_printk("77");
	bpf_printk("%d %d %d %d", plain, slashes, starred, behind);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
