/* cause: kfunc-missing */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern void bpf_no_such_kfunc(void) __ksym;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	bpf_no_such_kfunc(); /* here */
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
