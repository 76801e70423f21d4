/* Reads through a pointer that was never checked: the verifier must refuse it. */
#include "common.h"

RING(events, 4096);

SEC("raw_tp/sys_enter")
int careless(void *ctx)
{
    __u64 *room = bpf_ringbuf_reserve(&events, 8, 0);

    *room = 1;
    bpf_ringbuf_submit(room, 0);
    return 0;
}
