/* One program on each hook that a kernel may lack. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct { __uint(type, 99); __uint(max_entries, 1); __type(key, int); __type(value, int); } odd SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1); __type(key, int); __type(value, int); } even SEC(".maps");
static long (*no_such_helper)(void) = (void *)9999;

SEC("kprobe/do_unlinkat") int on_kprobe(void *ctx) { return 0; }
SEC("uprobe//bin/true:main") int on_uprobe(void *ctx) { return 0; }
SEC("fentry/do_unlinkat") int on_fentry(void *ctx) { return 0; }
SEC("?fentry/do_unlinkat") int on_optional(void *ctx) { return 0; }
SEC("lsm/file_open") int on_lsm(void *ctx) { return 0; }
SEC("tp_btf/sched_switch") int on_tp_btf(void *ctx) { return 0; }
SEC("tp_btf/no_such_tracepoint") int on_no_tp_btf(void *ctx) { return 0; }
SEC("tp/syscalls/sys_enter_openat") int on_tp(void *ctx) { return 0; }
SEC("tp/syscalls/no_such_tracepoint") int on_no_tp(void *ctx) { return no_such_helper(); }
SEC("kprobe.multi/do_unlinkat") int on_multi(void *ctx) { return 0; }
SEC("cgroup/connect4") int on_connect(void *ctx) { return 1; }
SEC("xdp") int on_xdp(void *ctx) { return bpf_get_smp_processor_id() ? XDP_PASS : XDP_DROP; }
char LICENSE[] SEC("license") = "GPL";
