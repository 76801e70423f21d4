/* write(…, 7 bytes) of the thread group TARGET offers BURST records of growing sizes to a ring and a perf event array,
   and one of LARGE bytes to another ring. The first program is called FIRST. x86-64: where the third argument of a system call lies. */
typedef unsigned char __u8;
typedef unsigned short __u16;
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef signed int __s32;
typedef signed long long __s64;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;
enum { RINGBUF = 27, PERF_EVENT_ARRAY = 4, PERCPU_ARRAY = 6, HASH = 1, PROG_ARRAY = 3, HASH_OF_MAPS = 13 };
#include <bpf/bpf_helpers.h>

#define WRITE 1
#define THIRD_ARGUMENT 96 /* of struct pt_regs, as syscalls keep them */
#define RECORD LARGE

struct ring {
    __uint(type, RINGBUF);
    __uint(max_entries, 1 << 22);
};
struct ring events SEC(".maps");
struct ring others SEC(".maps");
struct {
    __uint(type, PERF_EVENT_ARRAY);
    __uint(key_size, 4);
    __uint(value_size, 4);
} samples SEC(".maps");
struct {
    __uint(type, PERCPU_ARRAY);
    __uint(max_entries, 2);
    __uint(key_size, 4);
    __uint(value_size, 12);
} counts SEC(".maps");
struct {
    __uint(type, HASH);
    __uint(max_entries, 8);
    __uint(key_size, 4);
    __uint(value_size, 16);
} table SEC(".maps");
struct {
    __uint(type, PROG_ARRAY);
    __uint(max_entries, 1);
    __uint(key_size, 4);
    __uint(value_size, 4);
} programs SEC(".maps");
struct inner {
    __uint(type, HASH);
    __uint(max_entries, 8);
    __uint(key_size, 4);
    __uint(value_size, 16);
};
struct {
    __uint(type, HASH_OF_MAPS);
    __uint(max_entries, 1);
    __uint(key_size, 4);
    __array(values, struct inner);
} maps SEC(".maps");

char LICENSE[] SEC("license") = "GPL";
static __u32 number;
static char record[RECORD];

SEC("raw_tp/sys_enter")
int FIRST(__u64 *ctx)
{
    __u64 size = 0;

    if (ctx[1] != WRITE || bpf_get_current_pid_tgid() >> 32 != TARGET)
        return 0;
    bpf_probe_read_kernel(&size, 8, (void *)(ctx[0] + THIRD_ARGUMENT));
    if (size != 7)
        return 0;
    for (int i = 0; i < BURST; i++) {
        *(volatile __u32 *)record = number;
        bpf_ringbuf_output(&events, record, 4 + (number & 127), 0);
        bpf_perf_event_output(ctx, &samples, 0xffffffffULL, record, 8);
        number++;
    }
    *(volatile char *)(record + RECORD - 1) = 'z';
    bpf_ringbuf_output(&others, record, RECORD, 0);
    return 0;
}

SEC("sockops")
int on_socket(void *ctx)
{
    return 1;
}

SEC("xdp")
int on_packet(void *ctx)
{
    return 2; /* XDP_PASS */
}
