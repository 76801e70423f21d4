// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* BURST records for each open() of a process called "storm"; what the ring has no room for is counted. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
enum { RINGBUF = 27, ARRAY = 2 };
#include <bpf/bpf_helpers.h>

struct record {
    __u64 time;
    __u32 pid, number;
    char comm[16];
};
struct {
    __uint(type, RINGBUF);
    __uint(max_entries, 1 << 26);
} events SEC(".maps");
struct {
    __uint(type, ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, 4);
    __uint(value_size, 8);
} lost SEC(".maps");

SEC("tracepoint/syscalls/sys_enter_open")
int opened(void *context)
{
    struct record record = {.time = bpf_ktime_get_ns(), .pid = bpf_get_current_pid_tgid() >> 32};
    __u32 zero = 0;

    bpf_get_current_comm(record.comm, sizeof(record.comm));
    if (*(__u32 *)record.comm != 0x726f7473 || record.comm[4] != 'm') /* "storm" */
        return 0;
    for (int number = 0; number < BURST; number++) {
        record.number = number;
        if (bpf_ringbuf_output(&events, &record, sizeof(record), 0)) {
            __u64 *count = bpf_map_lookup_elem(&lost, &zero);
            if (count)
                __sync_fetch_and_add(count, 1);
        }
    }
    return 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int opened_at(void *context) { return opened(context); }

char LICENSE[] SEC("license") = "Dual BSD/GPL";
