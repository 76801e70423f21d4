/* A BPF program with one of everything that the parsers read; it needs no header. */
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef _Bool bool;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name
#define __core __attribute__((preserve_access_index))

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_probe_read_kernel)(void *dst, __u32 size, const void *src) = (void *)113;
static long (*bpf_probe_write_user)(void *dst, const void *src, __u32 len) = (void *)36;
static __u64 (*bpf_get_current_task)(void) = (void *)35;
static long (*bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size, __u64 flags) = (void *)130;
static long (*bpf_loop)(__u32 count, void *callback, void *context, __u64 flags) = (void *)181;
static long (*bpf_send_signal)(__u32 signal) = (void *)109;
extern void bpf_rcu_read_lock(void) __attribute__((section(".ksyms")));

enum colour { RED = 1, GREEN = 2 };

struct inner {
	short x;
	union {
		int number;
		char letters[4];
	};
};

struct event {
	__u32 pid;
	bool is_new;
	enum colour colour;
	char comm[16];
	unsigned char raw[4];
	struct inner inner[2];
	void *where;
};

struct task_struct {
	int filler;
	struct task_struct *real_parent;
	int tgid;
} __core;

const volatile int target_pid = 0;
const volatile bool only_new = 1;
const volatile char prefix[8] = "abc";
const volatile enum colour paint = GREEN;
const volatile float ratio = 0.5f;
const volatile unsigned long long limit = 18446744073709551615ULL;
static const volatile int hidden = 7;
int threshold = 42;
__u64 lost_events;

struct {
	__uint(type, 1);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, struct event);
	__uint(pinning, 1);
} seen SEC(".maps");

struct {
	__uint(type, 27);
	__uint(max_entries, 4096);
} events SEC(".maps");

static long each(__u32 index, void *context)
{
	bpf_send_signal(index);
	return 0;
}

__attribute__((noinline)) int subprogram(struct event *event)
{
	__u32 word = threshold + hidden;

	return event ? bpf_probe_write_user(event, &word, sizeof(word)) : 0;
}

SEC("tracepoint/syscalls/sys_enter_openat")
int enter_openat(void *context)
{
	struct event event = {};
	struct task_struct *task = (void *)bpf_get_current_task(), *parent = 0;

	if (target_pid && target_pid != (int)limit)
		return 0;
	bpf_probe_read_kernel(&parent, sizeof(parent), &task->real_parent);
	bpf_probe_read_kernel(&event.pid, sizeof(event.pid), &parent->tgid);
	event.comm[0] = prefix[0] + paint + (char)*(const volatile int *)&ratio + only_new;
	if (bpf_map_lookup_elem(&seen, &event.pid))
		bpf_ringbuf_output(&events, &event, sizeof(event), 0);
	return subprogram(&event);
}

SEC("?fentry.s/vfs_open")
int open_file(void *context)
{
	bpf_rcu_read_lock();
	bpf_loop(3, each, 0, 0);
	lost_events++;
	return 0;
}

SEC("xdp")
int drop(void *context)
{
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
