/* Maps of every shape, and a program that counts the getpgid of one process in some of them. */
#include "common.h"

#define MAP(name, kind, entries, K, V)  \
    struct {                            \
        __uint(type, BPF_MAP_TYPE_##kind); \
        __uint(max_entries, entries);   \
        __type(key, K);                 \
        __type(value, V);               \
    } name SEC(".maps")

struct odd {
    char bytes[5];
};

struct prefix {
    __u32 bits;
    __u8 address[4];
};

MAP(hash, HASH, 100000, __u64, struct odd);
MAP(lru, LRU_HASH, 1024, __u32, __u64);
MAP(array, ARRAY, 40, __u32, struct odd);
MAP(percpu_hash, PERCPU_HASH, 5000, __u32, struct odd);
MAP(percpu_array, PERCPU_ARRAY, 4, __u32, struct odd);
MAP(counts, HASH, 16, __u32, __u64);
MAP(per_processor, PERCPU_ARRAY, 1, __u32, __u64);
struct {
    __uint(type, BPF_MAP_TYPE_LPM_TRIE);
    __uint(max_entries, 300);
    __uint(map_flags, BPF_F_NO_PREALLOC);
    __type(key, struct prefix);
    __type(value, __u32);
} trie SEC(".maps");
struct {
    __uint(type, BPF_MAP_TYPE_QUEUE);
    __uint(max_entries, 4);
    __type(value, __u32);
} queue SEC(".maps");

SEC("raw_tp/sys_enter")
int calls(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 one = 1, *count;
    __u32 key = 7, first = 0;

    if (!is_target() || ctx->args[1] != GETPGID)
        return 0;
    count = bpf_map_lookup_elem(&counts, &key);
    if (count)
        __sync_fetch_and_add(count, 1);
    else
        bpf_map_update_elem(&counts, &key, &one, BPF_ANY);
    count = bpf_map_lookup_elem(&per_processor, &first);
    if (count)
        __sync_fetch_and_add(count, 1);
    return 0;
}
