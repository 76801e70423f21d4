/* help: maps are declared otherwise since libbpf 1.0 */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct bpf_map_def SEC("maps") counts = { .type = BPF_MAP_TYPE_HASH }; /* here */

char LICENSE[] SEC("license") = "GPL";
