/* help: __uint is a macro of libbpf: #include <bpf/bpf_helpers.h> */
#include "vmlinux.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH); /* here */
	__type(key, u32);
} counts;
