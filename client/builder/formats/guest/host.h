/* What the guest asks of its host: six functions of wasm_bpf, and five of WASI preview 1. Without a C library. */
#ifndef HOST_H
#define HOST_H

typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef int s32;
typedef unsigned long long u64;
typedef long long s64;

#define FROM(module, name) __attribute__((import_module(module), import_name(name)))

FROM("wasm_bpf", "wasm_load_bpf_object") u64 load_object(const void *bytes, u32 size);
FROM("wasm_bpf", "wasm_close_bpf_object") s32 close_object(u64 object);
FROM("wasm_bpf", "wasm_attach_bpf_program") s32 attach_program(u64 object, const char *name, const char *target);
FROM("wasm_bpf", "wasm_bpf_map_fd_by_name") s32 map_number(u64 object, const char *name);
FROM("wasm_bpf", "wasm_bpf_map_operate")
s32 map_operate(s32 map, s32 command, void *key, void *value, void *next, u64 flags);
FROM("wasm_bpf", "wasm_bpf_buffer_poll")
s32 buffer_poll(u64 object, s32 map, s32 callback, u32 context, void *record, s32 size, s32 milliseconds);

struct slice {
	const void *bytes;
	u32 size;
};

/* A subscription to the monotonic clock, as poll_oneoff takes it: 48 bytes. */
struct alarm {
	u64 mark;
	u8 kind, pad[7];
	u32 clock;
	u64 nanoseconds, precision;
	u16 flags;
};

FROM("wasi_snapshot_preview1", "fd_write") s32 fd_write(s32 file, const struct slice *parts, u32 count, u32 *done);
FROM("wasi_snapshot_preview1", "args_sizes_get") s32 args_sizes_get(u32 *count, u32 *size);
FROM("wasi_snapshot_preview1", "args_get") s32 args_get(char **words, char *text);
FROM("wasi_snapshot_preview1", "clock_time_get") s32 clock_time_get(u32 clock, u64 precision, u64 *nanoseconds);
FROM("wasi_snapshot_preview1", "poll_oneoff")
s32 poll_oneoff(const struct alarm *alarm, void *event, u32 count, u32 *done);
FROM("wasi_snapshot_preview1", "proc_exit") _Noreturn void proc_exit(u32 code);

enum { LOOK_UP = 1, DELETE = 3, NEXT_KEY = 4 };
enum { REALTIME, MONOTONIC };
enum { STDOUT = 1, STDERR = 2 };
enum { FAILED = 1, MISUSED = 2 };

#endif
