/* help: order them from the largest to the smallest */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct event_of_mine {
	u64 when;
	u8 kind;
};
_Static_assert(sizeof(struct event_of_mine) == 9, "as user space has it"); /* here */

char LICENSE[] SEC("license") = "GPL";
