/* cause: symbol-missing */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern const int no_such_symbol __ksym;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return (long)&no_such_symbol; /* here */
}

char LICENSE[] SEC("license") = "GPL";
