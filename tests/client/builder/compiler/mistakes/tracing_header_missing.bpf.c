/* help: BPF_KPROBE is a macro of libbpf: #include <bpf/bpf_tracing.h> */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

SEC("kprobe/do_unlinkat")
int BPF_KPROBE(enter, int dfd) /* here */
{
	return 0;
}

char LICENSE[] SEC("license") = "GPL";
