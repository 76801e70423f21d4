/* A program that attaches, followed by one that cannot: -DXDP needs an interface, else the tracepoint does not exist.
   -DFENTRY needs a kernel that permits tracing programs. -DQUIET: only the first. -DFIRST=its_name. */
#include "common.h"

#ifndef FIRST
#define FIRST attaches
#endif

__u64 calls;

SEC("raw_tp/sys_enter")
int FIRST(void *ctx)
{
    __sync_fetch_and_add(&calls, 1);
    return 0;
}

#if defined(XDP)
SEC("xdp")
int cannot(struct xdp_md *ctx)
{
    return XDP_PASS;
}
#elif defined(FENTRY)
SEC("fentry/do_sys_openat2")
int BPF_PROG(cannot)
{
    return 0;
}
#elif !defined(QUIET)
SEC("tp/sched/nothing_of_the_kind")
int cannot(void *ctx)
{
    return 0;
}
#endif
