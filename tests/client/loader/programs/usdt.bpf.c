/* A static probe of user space, named at run time. */
#include "common.h"
#include <bpf/usdt.bpf.h>

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} hits SEC(".maps");

SEC("usdt")
int counts(struct pt_regs *ctx)
{
    __u32 pid = current_pid();
    __u64 one = 1, *count = bpf_map_lookup_elem(&hits, &pid);

    if (count)
        __sync_fetch_and_add(count, 1);
    else
        bpf_map_update_elem(&hits, &pid, &one, BPF_ANY);
    return 0;
}
