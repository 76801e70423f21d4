/* cause: licence */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("raw_tp/sys_enter")
int enter(void *ctx)
{
	bpf_printk("hello"); /* here */
	return 0;
}
