/* Every kind of CO-RE relocation, of types that each kernel has. */
#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct task_struct___old { long state; } __attribute__((preserve_access_index));
struct task_struct___new { unsigned int __state; int tgid; } __attribute__((preserve_access_index));
struct task_struct___gone { int there_is_no_such_member; } __attribute__((preserve_access_index));
struct task_struct___wrong { struct { int a; } tgid; } __attribute__((preserve_access_index));
struct file_operations___few { struct module *owner; long (*llseek)(struct file *, long long, int); }
	__attribute__((preserve_access_index));
struct file_operations___none { struct module *owner; int there_is_no_such_member; }
	__attribute__((preserve_access_index));
enum bpf_map_type___mine { BPF_MAP_TYPE_HASH___mine = 77, THERE_IS_NO_SUCH_VALUE = 78 };

long out[64];

SEC("raw_tp/sys_enter")
int fields(void *ctx)
{
	struct task_struct *task = (void *)bpf_get_current_task();
	struct task_struct___old *old = (void *)task;
	struct task_struct___new *new = (void *)task;
	struct task_struct___wrong *wrong = (void *)task;
	struct task_struct___gone *gone = (void *)task;
	struct sk_buff *skb = (void *)task;
	struct cgroup *group = (void *)task;
	struct sock *sk = (void *)task;

	out[0] = BPF_CORE_READ(task, real_parent, real_parent, tgid);
	out[1] = BPF_CORE_READ_BITFIELD_PROBED(task, sched_contributes_to_load);
	out[2] = BPF_CORE_READ(task, comm[3]);
	out[3] = (long)BPF_CORE_READ(skb, dev);
	out[4] = BPF_CORE_READ(skb, len);
	out[5] = (long)BPF_CORE_READ(group, ancestors[2]);
	out[6] = BPF_CORE_READ(sk, __sk_common.skc_dport);
	out[7] = BPF_CORE_READ(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[2]);
	out[8] = BPF_CORE_READ(task, thread_pid, numbers[0].nr);
	out[9] = bpf_core_field_size(task->comm) + bpf_core_field_size(sk->sk_lock);
	out[10] = bpf_core_field_exists(gone->there_is_no_such_member) ? 1 : 0;
	if (bpf_core_field_exists(old->state))
		out[11] = BPF_CORE_READ(old, state);
	else
		out[11] = BPF_CORE_READ(new, __state);
	out[12] = bpf_core_field_exists(wrong->tgid);
	out[13] = bpf_core_type_size(struct file) + bpf_core_type_size(struct sk_buff) + bpf_core_type_exists(atomic_t);
	out[14] = bpf_core_type_matches(struct file_operations___few) * 2 + bpf_core_type_matches(struct file_operations___none);
	out[15] = bpf_core_enum_value(enum bpf_map_type, BPF_MAP_TYPE_ARRAY);
	out[16] = bpf_core_enum_value(enum bpf_map_type___mine, BPF_MAP_TYPE_HASH___mine);
	out[17] = bpf_core_enum_value_exists(enum bpf_map_type___mine, THERE_IS_NO_SUCH_VALUE);
	out[18] = bpf_core_type_id_local(struct task_struct___new);
	out[19] = bpf_core_field_offset(struct file, f_path.dentry) + bpf_core_type_exists(pid_t);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
