/* Atomic operations that do more than add, and whose results are used. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} sizes SEC(".maps");

u64 highest;
u32 owner, bits;

SEC("raw_tp/sys_enter")
int enter(void *context)
{
	u32 key = 0;
	u64 *size = bpf_map_lookup_elem(&sizes, &key), now = bpf_ktime_get_ns();

	if (!size || __sync_val_compare_and_swap(&owner, 0, 1))
		return 0;
	if (__sync_fetch_and_add(size, 1) > 10)
		highest = __sync_lock_test_and_set(size, now);
	__sync_fetch_and_or(&bits, 4);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
