/* What no kernel has, asked for and taken for granted. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct no_such_struct { int a; } __attribute__((preserve_access_index));
struct task_struct___gone { struct { int b; } a[2]; } __attribute__((preserve_access_index));
enum bpf_map_type___mine { NO_SUCH_VALUE = 78 };

long out[8];

SEC("raw_tp/sys_enter")
int asks(struct task_struct___gone *gone)
{
	if (bpf_core_type_exists(struct no_such_struct))
		out[0] = BPF_CORE_READ((struct no_such_struct *)gone, a);
	return 0;
}

SEC("raw_tp/sys_exit")
int assumes(struct task_struct___gone *gone)
{
	out[1] = BPF_CORE_READ(gone, a[1].b);
	out[2] = bpf_core_enum_value(enum bpf_map_type___mine, NO_SUCH_VALUE);
	out[3] = BPF_CORE_READ((struct task_struct *)gone, tgid);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
