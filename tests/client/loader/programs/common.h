/* What every test program needs: one thread group is watched, so that tests do not see each other or the machine. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";
const volatile __s32 target_pid = 0;

#define GETPGID 121 /* the system call that tests make to cause an event; x86-64 */
#define GETSID 124

static __always_inline __u32 current_pid(void)
{
    return bpf_get_current_pid_tgid() >> 32;
}

static __always_inline bool is_target(void)
{
    return current_pid() == (__u32)target_pid;
}

#define RING(name, size)                    \
    struct {                                \
        __uint(type, BPF_MAP_TYPE_RINGBUF); \
        __uint(max_entries, size);          \
    } name SEC(".maps")
