#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @cmdarg {"default": 9}
const volatile int x = 3;

char LICENSE[] SEC("license") = "GPL";
