/* getpgid(n) of the target sends n's low 12 bits as size: a record of that many bytes, with discarded ones between. */
#include "common.h"

RING(events, 1 << 15);
static char body[4096];
static __u32 number;

SEC("raw_tp/sys_enter")
int BPF_PROG(on_call, struct pt_regs *regs, long id)
{
    __u32 size, *thrown;

    if (id != GETPGID || !is_target())
        return 0;
    size = PT_REGS_PARM1_CORE_SYSCALL(regs) & 2047;
    if (size < 4)
        size = 4;
    *(volatile __u32 *)body = number++;
    if (number % 3 == 0) {
        thrown = bpf_ringbuf_reserve(&events, 40, 0);
        if (thrown)
            bpf_ringbuf_discard(thrown, 0);
    }
    bpf_ringbuf_output(&events, body, size, 0);
    return 0;
}
