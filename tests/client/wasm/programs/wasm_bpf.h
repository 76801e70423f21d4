/* The interface of wasm-bpf, as its C guests declare it. */
#include <stdint.h>

#define IMPORT(name) __attribute__((import_module("wasm_bpf"), import_name(#name))) name
typedef int (*sample_function)(void *context, void *data, uint32_t size);

uint64_t IMPORT(wasm_load_bpf_object)(const void *object, int size);
int IMPORT(wasm_close_bpf_object)(uint64_t object);
int IMPORT(wasm_attach_bpf_program)(uint64_t object, const char *name, const char *target);
int IMPORT(wasm_bpf_map_fd_by_name)(uint64_t object, const char *name);
int IMPORT(wasm_bpf_map_operate)(int fd, int call, void *key, void *value, void *next_key, uint64_t flags);
int IMPORT(wasm_bpf_buffer_poll)(uint64_t object, int fd, sample_function function, void *context, void *data,
                                 int max_size, int timeout_ms);
enum { LOOKUP = 1, UPDATE, DELETE, NEXT_KEY };
