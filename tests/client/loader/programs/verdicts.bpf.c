/* Programs that a kernel takes, refuses, and is not asked for; and one whose log is long. */
#include "common.h"

RING(events, 4096);

#ifdef MAP_REFUSED
struct {
    __uint(type, BPF_MAP_TYPE_STACK);
    __uint(max_entries, 1);
    __uint(key_size, 4); /* a stack has no keys */
    __uint(value_size, 4);
} odd SEC(".maps");
#endif

SEC("raw_tp/sys_enter")
int taken(void *ctx)
{
    return 0;
}

SEC("raw_tp/sys_enter")
int careless(void *ctx)
{
    __u64 *room = bpf_ringbuf_reserve(&events, 8, 0);

    *room = 1;
    bpf_ringbuf_submit(room, 0);
    return 0;
}

SEC("?raw_tp/sys_enter")
int spare(void *ctx)
{
    return 0;
}

volatile __u32 step;

SEC("raw_tp/sys_enter")
int endless(void *ctx)
{
    __u32 sum = 0;

    for (__u32 turn = 0; turn < 2000000; turn++)
        sum += step;
    return sum;
}

SEC("tp_btf/no_such_tracepoint")
int lost(void *ctx)
{
    return 0;
}
