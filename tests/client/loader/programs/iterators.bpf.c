/* Iterators: the own threads as text (-DTEXT) or records (-DRECORDS), the entries of a map (-DMAP). -DTOO: beside a
   program that waits for events. */
#include "common.h"

struct {
    __uint(type, BPF_MAP_TYPE_HASH);
    __uint(max_entries, 16);
    __type(key, __u32);
    __type(value, __u64);
} numbers SEC(".maps");

struct record {
    __u32 pid;
    __u32 tgid;
    char comm[16];
};

#if defined(TEXT)
SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
    struct task_struct *task = ctx->task;

    if (task && (!target_pid || task->tgid == target_pid))
        BPF_SEQ_PRINTF(ctx->meta->seq, "%d %s\n", task->pid, task->comm);
    return 0;
}
#elif defined(RECORDS)
SEC("iter/task")
int tasks(struct bpf_iter__task *ctx)
{
    struct task_struct *task = ctx->task;
    struct record record = {};

    if (!task)
        return 0;
    record.pid = task->pid;
    record.tgid = task->tgid;
    BPF_CORE_READ_STR_INTO(&record.comm, task, comm);
    bpf_seq_write(ctx->meta->seq, &record, sizeof(record));
    return 0;
}
#elif defined(MAP)
SEC("iter/bpf_map_elem")
int entries(struct bpf_iter__bpf_map_elem *ctx)
{
    __u32 *key = ctx->key;
    __u64 *value = ctx->value;

    if (key && value)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%u=%llu\n", *key, *value);
    return 0;
}
#elif defined(CGROUPS)
SEC("iter/cgroup")
int cgroups(struct bpf_iter__cgroup *ctx)
{
    struct cgroup *cgroup = ctx->cgroup;

    if (cgroup)
        BPF_SEQ_PRINTF(ctx->meta->seq, "%s\n", cgroup->kn->name);
    return 0;
}
#endif

#ifdef TOO
RING(events, 4096);
SEC("raw_tp/sys_enter")
int calls(struct bpf_raw_tracepoint_args *ctx)
{
    __u64 pid = current_pid();

    if (is_target() && ctx->args[1] == GETPGID)
        bpf_ringbuf_output(&events, &pid, sizeof(pid), 0);
    return 0;
}
#endif
