#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>
#include "error_in_header.h"

int unused;

char LICENSE[] SEC("license") = "GPL";
