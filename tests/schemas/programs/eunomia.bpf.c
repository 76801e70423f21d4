/* What a source for eunomia's ecc holds: options, a sampled map, two kinds of event maps, xdp and tc. No headers. */
typedef unsigned int __u32;
typedef unsigned long long __u64;
typedef int pid_t;
typedef _Bool bool;
#define SEC(name) __attribute__((section(name), used))
#define __uint(name, val) int(*name)[val]
#define __type(name, val) typeof(val) *name

static void *(*bpf_map_lookup_elem)(void *map, const void *key) = (void *)1;
static long (*bpf_map_update_elem)(void *map, const void *key, const void *value, __u64 flags) = (void *)2;
static long (*bpf_ringbuf_output)(void *ringbuf, void *data, __u64 size, __u64 flags) = (void *)130;
static long (*bpf_perf_event_output)(void *ctx, void *map, __u64 flags, void *data, __u64 size) = (void *)25;

enum colour { RED = 1, GREEN = 2 };

struct event {
	pid_t pid;
	__u32 uid;
	__u64 delta_ns;
	char comm[16];
};

struct trace {
	__u32 pid;
	int kstack_sz;
	__u64 kstack[8];
	__u64 stack_of_user[8];
};

struct hist {
	__u32 slots[26];
	char comm[16];
};

const volatile pid_t pid_target = 0;
const volatile bool targ_failed = 0;
const volatile bool quiet = 1;
const volatile char prefix[16] = "abc";
const volatile unsigned long min_duration_ns = 5;
const volatile float ratio = 0.5f;
const volatile enum colour paint = GREEN;
const volatile int list[4] = {1, 2};
int threshold = 42;
unsigned long long lost_events;
const volatile struct event *__eunomia_dummy_event_ptr __attribute__((unused));
const volatile struct trace *__eunomia_dummy_trace_ptr __attribute__((unused));

struct {
	__uint(type, 1);
	__uint(max_entries, 128);
	__type(key, __u32);
	__type(value, struct hist);
} hists SEC(".maps");

struct {
	__uint(type, 27);
	__uint(max_entries, 4096);
} rb SEC(".maps");

struct {
	__uint(type, 4);
	__uint(key_size, 4);
	__uint(value_size, 4);
} events SEC(".maps");

SEC("tp/syscalls/sys_enter_kill")
int handle_kill(void *ctx)
{
	struct event event = {.pid = pid_target, .uid = threshold + list[1] + quiet + paint, .delta_ns = min_duration_ns};
	struct trace trace = {};
	struct hist hist = {};
	__u32 key = 0;

	if (targ_failed || ((const volatile char *)&ratio)[0] == 7 || prefix[0] == 'x')
		lost_events++;
	bpf_map_update_elem(&hists, &key, &hist, 0);
	bpf_perf_event_output(ctx, &events, 0xffffffffULL, &trace, sizeof(trace));
	bpf_ringbuf_output(&rb, &event, sizeof(event), 0);
	return __eunomia_dummy_event_ptr && __eunomia_dummy_trace_ptr;
}

SEC("xdp")
int pass(void *ctx)
{
	return 2;
}

SEC("tc")
int tc_ingress(void *ctx)
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
