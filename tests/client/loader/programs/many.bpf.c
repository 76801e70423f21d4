/* A map with more entries than a look reads. */
#include "common.h"

struct {
    __uint(type, BPF_MAP_TYPE_ARRAY);
    __uint(max_entries, 70000);
    __type(key, __u32);
    __type(value, __u32);
} many SEC(".maps");

SEC("raw_tp/sys_enter")
int calls(void *ctx)
{
    __u32 key = 0;

    bpf_map_lookup_elem(&many, &key);
    return 0;
}
