#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include "told.h"

/// @cmdarg {"short": "p"}
/// @description Only this process
const volatile int process = 0;
/// @description Only this system call
const volatile long long number = -1;
const volatile bool twice = false;
const volatile char text[8] = "a\"b\n\x01";
int share = 3;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 65536);
} events SEC(".maps");

static void tell(void)
{
	struct told *told = bpf_ringbuf_reserve(&events, sizeof(*told), 0);

	if (!told)
		return;
	__builtin_memset(told, 0, sizeof(*told));
	told->big = 0xfedcba9876543210;
	told->below = -7;
	told->small = 255;
	told->yes = true;
	for (int at = 0; at < 8; at++)
		told->text[at] = text[at];
	told->doing = WORKING;
	told->unnamed = 3;
	told->numbers[1] = share;
	told->place.x = -1;
	told->place.y = 2;
	told->wide = ((unsigned __int128)1 << 100) + 5;
	told->bytes[0] = -128;
	bpf_ringbuf_submit(told, 0);
}

SEC("raw_tp/sys_enter")
int enter(struct bpf_raw_tracepoint_args *context)
{
	if (bpf_get_current_pid_tgid() >> 32 != process || context->args[1] != number)
		return 0;
	tell();
	if (twice)
		tell();
	return 0;
}

/// @brief Tells of system calls
/// @version 1.2.3
char LICENSE[] SEC("license") = "GPL";
