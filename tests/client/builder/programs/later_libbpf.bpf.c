/* Macros that libbpf has since its versions 1.2 to 1.4; the headers of older ones do not matter. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

struct event {
	u64 sum;
	u32 rounds;
};

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} events SEC(".maps");

int numbers[16];

extern struct task_struct *bpf_task_from_pid(s32 pid) __weak __ksym;
extern void bpf_not_in_any_kernel(void) __weak __ksym;

SEC("uprobe")
int BPF_UPROBE(called, int first)
{
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	int i, *number;

	if (!event)
		return 0;
	event->sum = first;
	event->rounds = 0;
	bpf_for(i, 0, 16) {
		if (i == 12)
			break;
		event->sum += numbers[i];
	}
	bpf_repeat(3) {
		bpf_for_each(num, number, 0, 2)
			event->rounds++;
	}
	if (bpf_ksym_exists(bpf_not_in_any_kernel))
		bpf_not_in_any_kernel();
	bpf_ringbuf_submit(event, 0);
	return 0;
}

SEC("uretprobe")
int BPF_URETPROBE(returned, int result)
{
	numbers[result & 15] = bpf_ksym_exists(bpf_task_from_pid);
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
