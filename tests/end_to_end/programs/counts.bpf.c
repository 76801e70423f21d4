// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Sends a number for each getppid() of one process. */
typedef unsigned int __u32;
typedef unsigned long long __u64;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, value) int(*name)[value]

struct {
    __uint(type, 27); /* BPF_MAP_TYPE_RINGBUF */
    __uint(max_entries, 4096);
} rb SEC(".maps");

static __u64 (*const bpf_get_current_pid_tgid)(void) = (void *)14;
static long (*const bpf_ringbuf_output)(void *, void *, __u64, __u64) = (void *)130;

SEC("raw_tp/sys_enter")
int seen(void *context)
{
    __u32 tgid = bpf_get_current_pid_tgid() >> 32;

    bpf_ringbuf_output(&rb, &tgid, sizeof(tgid), 0);
    return 0;
}

char LICENSE[] SEC("license") = "GPL";
