/* cause: kfunc-not-here */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

extern int bpf_sock_destroy(struct sock_common *sock) __ksym;

SEC("xdp")
int enter(struct xdp_md *ctx)
{
	return bpf_sock_destroy((void *)ctx); /* here */
}

char LICENSE[] SEC("license") = "GPL";
