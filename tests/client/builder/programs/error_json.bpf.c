#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

/// @cmdarg {"short": "p"
const volatile int x = 0;

char LICENSE[] SEC("license") = "GPL";
