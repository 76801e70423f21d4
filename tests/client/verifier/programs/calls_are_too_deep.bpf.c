/* cause: calls-too-deep */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

static __noinline int level1(int x)
{
	return x * bpf_get_smp_processor_id();
}

static __noinline int level2(int x)
{
	return level1(x + bpf_get_smp_processor_id()) * x; /* here */
}

static __noinline int level3(int x)
{
	return level2(x + bpf_get_smp_processor_id()) * x;
}

static __noinline int level4(int x)
{
	return level3(x + bpf_get_smp_processor_id()) * x;
}

static __noinline int level5(int x)
{
	return level4(x + bpf_get_smp_processor_id()) * x;
}

static __noinline int level6(int x)
{
	return level5(x + bpf_get_smp_processor_id()) * x;
}

static __noinline int level7(int x)
{
	return level6(x + bpf_get_smp_processor_id()) * x;
}

static __noinline int level8(int x)
{
	return level7(x + bpf_get_smp_processor_id()) * x;
}

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return level8(bpf_get_smp_processor_id());
}

char LICENSE[] SEC("license") = "GPL";
