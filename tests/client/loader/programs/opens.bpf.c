/* openat() as a tracepoint, through a ring buffer or (-DPERF) a perf event array; options of every type come back. */
#include "common.h"

#ifndef FIRST
#define FIRST on_open
#endif

enum mood { CALM = 0, ANGRY = 7 };

const volatile char prefix[32] = "";
const volatile __s8 small = -1;
const volatile __u16 middle = 2;
const volatile __s64 large = -3;
const volatile bool flag = false;
const volatile enum mood mood = CALM;
const volatile double ratio = 0.5;
__u64 written = 11;  /* .data */
__u32 zeroed;        /* .bss */

struct inner {
    __u16 middle;
    bool flag;
};

struct event {
    __u32 pid;
    __s8 small;
    struct inner inner;
    __s64 large;
    double ratio;
    __u64 written;
    __u32 zeroed;
    enum mood mood;
    __u32 parent;
    char comm[16];
    char file[64];
};

#ifdef PERF
struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} events SEC(".maps");
#else
RING(events, 1 << 16);
#endif

SEC("tp/syscalls/sys_enter_openat")
int FIRST(struct trace_event_raw_sys_enter *ctx)
{
    struct event event = {};
    struct task_struct *task = (struct task_struct *)bpf_get_current_task();

    if (!is_target())
        return 0;
    bpf_probe_read_user_str(event.file, sizeof(event.file), (void *)ctx->args[1]);
    for (int i = 0; i < 32 && prefix[i]; i++)
        if (event.file[i] != prefix[i])
            return 0;
    event.pid = current_pid();
    event.small = small;
    event.inner.middle = middle;
    event.inner.flag = flag;
    event.large = large;
    *(__u64 *)&event.ratio = *(const volatile __u64 *)&ratio; /* BPF knows no floats, but can carry them */
    event.written = written;
    event.zeroed = zeroed;
    event.mood = mood;
    event.parent = BPF_CORE_READ(task, real_parent, tgid);
    bpf_get_current_comm(event.comm, sizeof(event.comm));
#ifdef PERF
    bpf_perf_event_output(ctx, &events, BPF_F_CURRENT_CPU, &event, sizeof(event));
#else
    bpf_ringbuf_output(&events, &event, sizeof(event), 0);
#endif
    return 0;
}
