/* Two streams in one object: getpgid() goes to a ring buffer, getsid() to a perf event array. */
#include "common.h"

RING(groups, 1 << 14);
struct {
    __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} sessions_of_processes SEC(".maps");

struct group {
    __u32 pid;
    __u32 asked;
};
struct session {
    __u64 asked;
    char comm[16];
};

SEC("raw_tp/sys_enter")
int BPF_PROG(on_call, struct pt_regs *regs, long id)
{
    __u32 asked;

    if (!is_target())
        return 0;
    asked = PT_REGS_PARM1_CORE_SYSCALL(regs);
    if (id == GETPGID) {
        struct group group = {current_pid(), asked};
        bpf_ringbuf_output(&groups, &group, sizeof(group), 0);
    } else if (id == GETSID) {
        struct session session = {.asked = asked};
        bpf_get_current_comm(session.comm, sizeof(session.comm));
        bpf_perf_event_output(ctx, &sessions_of_processes, BPF_F_CURRENT_CPU, &session, sizeof(session));
    }
    return 0;
}
