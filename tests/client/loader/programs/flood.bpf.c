/* Each getpgid() of the target offers 500 records to a ring that holds 170 (or -DPERF: a perf event array). */
#include "common.h"

__u64 lost_events;
__u64 offered;
#ifdef PERF
struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} events SEC(".maps");
#else
RING(events, 4096);
#endif

struct event {
    __u64 number;
    __u64 time;
};

SEC("raw_tp/sys_enter")
int BPF_PROG(on_call, struct pt_regs *regs, long id)
{
    if (id != GETPGID || !is_target())
        return 0;
    for (int i = 0; i < 500; i++) {
        struct event event = {.number = offered++, .time = bpf_ktime_get_ns()};
#ifdef PERF
        bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
#else
        if (bpf_ringbuf_output(&events, &event, sizeof(event), 0))
            __sync_fetch_and_add(&lost_events, 1);
#endif
    }
    return 0;
}
