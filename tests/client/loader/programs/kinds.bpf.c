/* One program of each kind, chosen with -DKIND: it counts in `hits`, by the process that it finds itself in, or by 0.
   -DFIRST=its_name. */
#include "common.h"

#ifndef FIRST
#define FIRST counts
#endif

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 1024);
    __type(key, __u32);
    __type(value, __u64);
} hits SEC(".maps");

static __always_inline int hit(__u32 key, int result)
{
    __u64 zero = 0, *count;

    bpf_map_update_elem(&hits, &key, &zero, BPF_NOEXIST);
    count = bpf_map_lookup_elem(&hits, &key);
    if (count)
        __sync_fetch_and_add(count, 1);
    return result;
}

#define OF_PROCESS(section) SEC(section) int FIRST(void *ctx) { return hit(current_pid(), 0); }
#define OF_TARGET(section) SEC(section) int FIRST(void *ctx) { return is_target() ? hit(current_pid(), 0) : 0; }
#define OF_ALL(section, context, result) SEC(section) int FIRST(struct context *ctx) { return hit(0, result); }

#if defined(XDP)
OF_ALL("xdp", xdp_md, XDP_PASS)
#elif defined(TC)
OF_ALL("tc", __sk_buff, -1)
#elif defined(TCX_EGRESS)
OF_ALL("tcx/egress", __sk_buff, -1)
#elif defined(SOCKET)
OF_ALL("socket", __sk_buff, 0)
#elif defined(SKB_EGRESS)
OF_ALL("cgroup_skb/egress", __sk_buff, 1)
#elif defined(SKB)
OF_ALL("cgroup/skb", __sk_buff, 1)
#elif defined(CONNECT)
OF_ALL("cgroup/connect4", bpf_sock_addr, 1)
#elif defined(SOCKOPS)
OF_ALL("sockops", bpf_sock_ops, 1)
#elif defined(SK_LOOKUP)
OF_ALL("sk_lookup", bpf_sk_lookup, 1)
#elif defined(FLOW)
OF_ALL("flow_dissector", __sk_buff, 129) /* BPF_FLOW_DISSECTOR_CONTINUE */
#elif defined(SK_MSG)
OF_ALL("sk_msg", sk_msg_md, 1)
#elif defined(SYSCALL)
OF_PROCESS("syscall")
#elif defined(DEVMAP)
OF_ALL("xdp/devmap", xdp_md, XDP_PASS)
#elif defined(PERF_EVENT)
OF_PROCESS("perf_event")
#elif defined(RAW_TP)
OF_TARGET("raw_tp")
#elif defined(TP_BTF)
OF_TARGET("tp_btf/sys_enter")
#elif defined(TP)
OF_TARGET("tp")
#elif defined(UPROBE)
OF_TARGET("uprobe")
#elif defined(PROBE_ALL)
OF_PROCESS("uprobe")
#elif defined(URETPROBE)
OF_TARGET("uretprobe/libc.so.6:getppid")
#elif defined(LABELLED)
OF_TARGET("uprobe/readline")
#elif defined(KPROBE)
OF_TARGET("kprobe")
#elif defined(KPROBE_NAMED)
OF_TARGET("kprobe/do_sys_openat2")
#elif defined(KSYSCALL)
OF_TARGET("ksyscall/getpgid")
#elif defined(MULTI)
OF_TARGET("kprobe.multi")
#elif defined(FENTRY)
OF_TARGET("fentry/do_sys_openat2")
#elif defined(FMOD_RET)
OF_TARGET("fmod_ret/security_file_open")
#elif defined(LSM)
OF_TARGET("lsm/file_open")
#elif defined(LSM_CGROUP)
SEC("lsm_cgroup/socket_bind")
int FIRST(void *ctx)
{
    return hit(0, 1);
}
#elif defined(OPTIONAL)
OF_TARGET("raw_tp/sys_enter")
SEC("?xdp")
int optional(struct xdp_md *ctx)
{
    return XDP_PASS;
}
#elif defined(ONLY_OPTIONAL)
OF_TARGET("?raw_tp/sys_enter")
#elif defined(NO_SUCH_CALL)
#ifndef ALONE
OF_TARGET("raw_tp/sys_enter")
#endif
SEC("tp/syscalls/sys_enter_nothing_of_the_kind")
int cannot(void *ctx)
{
    return 0;
}
#endif
