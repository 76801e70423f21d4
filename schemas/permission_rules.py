"""Which program types, attach points, helpers and kfuncs mean what for people (protocol.md section 8): the tables.

A change of what is derived from the same object needs a new RULES_VERSION in permissions.py.
"""

from __future__ import annotations

import re
from enum import StrEnum

from .bpf_helpers import Effect


class Category(StrEnum):
    """What is done, from harmless to lasting."""

    OBSERVES = "observes"
    READS_MEMORY = "reads memory"
    CHANGES = "changes"
    PERSISTS = "persists"


class Group(StrEnum):
    """What it is done to."""

    FILES = "files"
    PROCESSES = "processes"
    NETWORK = "network"
    SCHEDULING = "scheduling"
    MEMORY = "memory"
    OTHER = "other"
    KERNEL = "kernel"
    USER = "user"
    PACKETS = "packets"
    RETURN_VALUES = "return values"
    USER_MEMORY = "user memory"
    OTHER_PROCESSES = "other processes"
    DECISIONS = "decisions on files, sockets and cgroups"
    PINS = "pins"


Meaning = tuple[Category, Group]

# The groups that a program can have of each category, as policies and searches spell them.
_WORDS: dict[Category, str] = {
    Category.OBSERVES: "files processes network scheduling memory other",
    Category.READS_MEMORY: "kernel user",
    Category.CHANGES: "packets return-values user-memory scheduling other-processes decisions other",
    Category.PERSISTS: "pins",
}


def permission_word(category: Category, group: Group) -> str:
    """The word of one permission: `changes:packets`."""
    return f"{_kebab(category)}:{'decisions' if group is Group.DECISIONS else _kebab(group)}"


def permission_words() -> tuple[str, ...]:
    """All words there are: each category, and each group of it that a program can have."""
    made = []
    for category, groups in _WORDS.items():
        made += [_kebab(category), *(f"{_kebab(category)}:{group}" for group in groups.split())]
    return tuple(made)


def _kebab(word: str) -> str:
    return str(word).replace(" ", "-")


_READS_KERNEL = (Category.READS_MEMORY, Group.KERNEL)
_READS_USER = (Category.READS_MEMORY, Group.USER)
_PACKETS = (Category.CHANGES, Group.PACKETS)
_DECISIONS = (Category.CHANGES, Group.DECISIONS)
_OTHER = (Category.CHANGES, Group.OTHER)
_NETWORK = (Category.OBSERVES, Group.NETWORK)

EFFECTS: dict[Effect, tuple[Meaning, ...]] = {
    Effect.NONE: (),
    Effect.READS_ANY: (_READS_KERNEL, _READS_USER),
    Effect.READS_KERNEL: (_READS_KERNEL,),
    Effect.READS_USER: (_READS_USER,),
    Effect.OBSERVES_FILES: ((Category.OBSERVES, Group.FILES),),
    Effect.OBSERVES_NETWORK: (_NETWORK,),
    Effect.PACKETS: (_PACKETS,),
    Effect.RETURN_VALUES: ((Category.CHANGES, Group.RETURN_VALUES),),
    Effect.USER_MEMORY: ((Category.CHANGES, Group.USER_MEMORY),),
    Effect.OTHER_PROCESSES: ((Category.CHANGES, Group.OTHER_PROCESSES),),
    Effect.DECISIONS: (_DECISIONS,),
    Effect.OTHER_CHANGES: (_OTHER,),
}

# What a program can do by its type alone, without any helper. Types of OBSERVERS are judged by their attach point.
OBSERVERS = frozenset({"kprobe", "uprobe", "tracepoint", "raw_tracepoint", "fentry", "fexit", "iterator", "perf_event"})
PROGRAM_TYPES: dict[str, tuple[Meaning, ...]] = {
    "socket_filter": (_NETWORK,),  # what its own socket gets
    "tc": (_NETWORK, _PACKETS),
    "xdp": (_NETWORK, _PACKETS),
    "lwt": (_NETWORK, _PACKETS),
    "sk_skb": (_NETWORK, _PACKETS),
    "sk_msg": (_NETWORK, _PACKETS),
    "cgroup_skb": (_NETWORK, _PACKETS),
    "netfilter": (_NETWORK, _PACKETS),
    "flow_dissector": (_NETWORK, _PACKETS),
    "sock_ops": (_NETWORK, _DECISIONS),
    "sk_lookup": (_NETWORK, _DECISIONS),
    "sk_reuseport": (_NETWORK, _DECISIONS),
    "cgroup": (_DECISIONS,),
    "lsm": (_DECISIONS,),
    "fmod_ret": ((Category.CHANGES, Group.RETURN_VALUES),),
    "raw_tracepoint_writable": ((Category.CHANGES, Group.RETURN_VALUES),),
    "lirc_mode2": (_OTHER,),
    "extension": (_OTHER,),
    "syscall": (_OTHER,),
    "struct_ops": (_OTHER,),
    "unknown": (_OTHER,),
}

# These follow typed pointers into kernel memory without calling a helper.
TYPED_POINTERS = frozenset({"fentry", "fexit", "fmod_ret", "lsm", "iterator", "struct_ops"})

_OBSERVED: tuple[tuple[str, Group], ...] = (  # the first pattern that fits a name's beginning decides
    (
        "open creat read write pread pwrite close stat lstat fstat newstat newlstat newfstat access faccess "
        "unlink rename mkdir rmdir link symlink chmod fchmod chown fchown lchown mount umount move_mount "
        "truncate ftruncate fsync fdatasync sync getdents lseek sendfile splice copy_file fallocate fadvise "
        "setxattr getxattr listxattr lsetxattr utime statfs inotify fanotify dup fcntl ioctl chdir file vfs "
        "fs_ block blk ext4 btrfs xfs nfs f2fs fuse filemap writeback page_cache dentry d_ inode "
        "security_file security_inode security_path bio nvme scsi md_ iomap generic_file do_filp path_ "
        "lookup_fast wake_up_page",
        Group.FILES,
    ),
    (
        "exec fork vfork clone exit kill tkill tgkill wait ptrace set_ns setns unshare setuid setgid setres "
        "prctl rt_sig signal capset cap_ pidfd seccomp bpf sched_process task process security_bprm "
        "security_task cgroup do_exit do_group_exit wake_up_new_task bprm tty module init_module finit_module "
        "sys_enter sys_exit",
        Group.PROCESSES,
    ),
    (
        "socket connect bind listen accept sendto sendm recv getsock setsock getpeer shutdown tcp udp ip_ ip4 "
        "ip6 ipv inet sock sk_ skb net napi dev_ nf_ icmp dns arp neigh fib bridge qdisc xdp tls unix "
        "security_socket security_sk __tcp __udp __netif __dev virtio_net page_pool mptcp sctp",
        Group.NETWORK,
    ),
    (
        "sched nanosleep clock_nanosleep futex nice setpriority finish_task_switch schedule try_to_wake "
        "hrtimer timer softirq irq hardirq workqueue ipi rcu lock mutex rwsem contention power cpu cpuhp clk "
        "tick do_nanosleep ttwu cpu-clock cpu_idle perf_event local_timer call_function",
        Group.SCHEDULING,
    ),
    (
        "mmap munmap mprotect brk mremap madvise mlock munlock shm memfd process_vm process_madvise page mm_ "
        "kmem kmalloc kfree vmscan oom compaction migrate huge_memory exceptions slab swap alloc_ __alloc "
        "free_ handle_mm vm_ malloc calloc realloc free numa cma percpu",
        Group.MEMORY,
    ),
)
_PATTERNS = tuple((re.compile("|".join(map(re.escape, words.split()))), group) for words, group in _OBSERVED)
_SYSCALL = re.compile(
    r"(?:sys_(?:enter|exit)_|__(?:x64|arm64|ia32|se|do)_(?:compat_)?sys_|(?:__)?(?:do|ksys|sys|kern)_)+(?=.)"
)


def observed(names: list[str]) -> Group:
    """Tell what an attach point shows; the most telling of its names comes first."""
    for name in names:
        bare = _SYSCALL.sub("", name, count=1)
        for candidate in (bare, name):
            found = next((group for pattern, group in _PATTERNS if pattern.match(candidate)), None)
            if found:
                return found
    return Group.OTHER


# kfuncs that stay within the program, or only read. Every other one counts as a change.
HARMLESS_KFUNCS = re.compile(
    r"bpf_(?:iter_\w+|rcu_read_(?:lock|unlock)|preempt_(?:disable|enable)|local_irq_(?:save|restore)|res_spin_\w+"
    r"|obj_(?:new|drop)_impl|percpu_obj_(?:new|drop)_impl|refcount_acquire_impl|list_\w+|rbtree_\w+|cpumask_\w+|arena_\w+"
    r"|task_(?:acquire|release|from_pid|from_vpid|get_cgroup1|under_cgroup)|cgroup_(?:acquire|release|ancestor|from_id)"
    r"|cast_to_kern_ctx|rdonly_cast|map_sum_elem_count|dynptr_(?:adjust|is_null|is_rdonly|size|clone|slice|copy|memset)"
    r"|get_kmem_cache|strcmp|strchr|strchrnul|strnchr|strrchr|strlen|strnlen|strspn|strcspn|strstr|strnstr|wq_\w+|throw"
    r"|get_task_exe_file|put_file|session_is_return|session_cookie|get_fsverity_digest|stream_\w+|crypto_ctx_\w+)"
    r"|css_rstat_(?:updated|flush)"
)
READING_KFUNCS: tuple[tuple[re.Pattern[str], Meaning], ...] = (
    (re.compile(r"bpf_(?:copy_from_user|probe_read_user)\w*"), _READS_USER),
    (re.compile(r"bpf_probe_read_kernel\w*"), _READS_KERNEL),
    (
        re.compile(r"bpf_(?:path_d_path|get_(?:file|dentry|inode)_xattr|cgroup_read_xattr)"),
        (Category.OBSERVES, Group.FILES),
    ),
    (re.compile(r"bpf_(?:dynptr_from_(?:skb|xdp)|xdp_metadata_rx_\w+|skb_get_\w+|xdp_get_\w+)"), _NETWORK),
    (re.compile(r"scx_bpf_\w+"), (Category.CHANGES, Group.SCHEDULING)),
    (re.compile(r"bpf_(?:sock|skb|xdp|ct|skb_ct|xdp_ct|xfrm|fou|skb_fou|sk)_\w+"), _PACKETS),
)
