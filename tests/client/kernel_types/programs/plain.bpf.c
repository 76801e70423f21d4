/* Nothing that depends on a kernel's types. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter") int plain(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
