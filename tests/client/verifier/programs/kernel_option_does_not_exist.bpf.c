/* cause: option-missing */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int CONFIG_NO_SUCH_THING __kconfig;

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	return CONFIG_NO_SUCH_THING; /* here */
}

char LICENSE[] SEC("license") = "GPL";
