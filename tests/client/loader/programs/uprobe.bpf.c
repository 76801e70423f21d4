/* getppid() of the C library, as a user-space probe. */
#include "common.h"

RING(events, 4096);

SEC("uprobe/libc.so.6:getppid")
int on_getppid(struct pt_regs *ctx)
{
    __u32 pid = current_pid();

    if (is_target())
        bpf_ringbuf_output(&events, &pid, sizeof(pid), 0);
    return 0;
}
