/* help: __builtin_memset() takes at most 1024 bytes */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, char[8192]);
} rooms SEC(".maps");

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	u32 key = 0;
	char *room = bpf_map_lookup_elem(&rooms, &key);

	if (room)
		__builtin_memset(room, 0, 8192); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
