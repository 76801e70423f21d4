"""Since which kernel there are program types, map types and hooks, and which options of its build they need. Data only.

Of docs/kernel-versions.md of iovisor/bcc; what is newer, of each release's include/uapi/linux/bpf.h. Distributions
bring features to older versions, so a version alone proves nothing.
"""

from __future__ import annotations

from typing import NamedTuple

Version = tuple[int, int]


class ProgramType(NamedTuple):
    """enum bpf_prog_type's number, and the first kernel with it."""

    number: int
    since: Version


_KPROBE = ProgramType(2, (4, 1))
_TRACING = ProgramType(26, (5, 5))
# Program types by the names of schemas/bpf_kinds.py.
PROGRAM_TYPES: dict[str, ProgramType] = {
    "socket_filter": ProgramType(1, (3, 19)),
    "kprobe": _KPROBE,
    "uprobe": _KPROBE,
    "tc": ProgramType(3, (4, 1)),
    "tracepoint": ProgramType(5, (4, 7)),
    "xdp": ProgramType(6, (4, 8)),
    "perf_event": ProgramType(7, (4, 9)),
    "cgroup_skb": ProgramType(8, (4, 10)),
    "sock_ops": ProgramType(13, (4, 13)),
    "sk_skb": ProgramType(14, (4, 14)),
    "sk_msg": ProgramType(16, (4, 17)),
    "raw_tracepoint": ProgramType(17, (4, 17)),
    "lirc_mode2": ProgramType(20, (4, 18)),
    "sk_reuseport": ProgramType(21, (4, 19)),
    "flow_dissector": ProgramType(22, (4, 20)),
    "raw_tracepoint_writable": ProgramType(24, (5, 2)),
    "fentry": _TRACING,
    "fexit": _TRACING,
    "fmod_ret": _TRACING,
    "iterator": ProgramType(26, (5, 8)),
    "struct_ops": ProgramType(27, (5, 6)),
    "extension": ProgramType(28, (5, 6)),
    "lsm": ProgramType(29, (5, 7)),
    "sk_lookup": ProgramType(30, (5, 9)),
    "syscall": ProgramType(31, (5, 14)),
    "netfilter": ProgramType(32, (6, 4)),
}
# Hooks that share a type: their own number or age. cgroup/… by the part after the slash.
HOOK_TYPES: dict[str, ProgramType] = {
    "tp_btf": _TRACING,
    "action": ProgramType(4, (4, 1)),
    "lwt_in": ProgramType(10, (4, 10)),
    "lwt_out": ProgramType(11, (4, 10)),
    "lwt_xmit": ProgramType(12, (4, 10)),
    "lwt_seg6local": ProgramType(19, (4, 18)),
}
CGROUP_TYPES: dict[str, ProgramType] = {
    "sock": ProgramType(9, (4, 10)),
    "post_bind": ProgramType(9, (4, 17)),
    "dev": ProgramType(15, (4, 15)),
    "bind": ProgramType(18, (4, 17)),
    "connect": ProgramType(18, (4, 17)),
    "sendmsg": ProgramType(18, (4, 18)),
    "recvmsg": ProgramType(18, (5, 2)),
    "getpeername": ProgramType(18, (5, 8)),
    "getsockname": ProgramType(18, (5, 8)),
    "sysctl": ProgramType(23, (5, 2)),
    "getsockopt": ProgramType(25, (5, 3)),
    "setsockopt": ProgramType(25, (5, 3)),
}
# Ways to attach that are younger than their program type.
HOOKS: dict[str, Version] = {
    "kprobe.multi": (5, 18),
    "kretprobe.multi": (5, 18),
    "kprobe.session": (6, 10),
    "uprobe.multi": (6, 6),
    "uretprobe.multi": (6, 6),
    "uprobe.session": (6, 13),
    "tcx/ingress": (6, 6),
    "tcx/egress": (6, 6),
    "netkit/primary": (6, 7),
    "netkit/peer": (6, 7),
    "lsm_cgroup": (6, 0),
    "xdp/devmap": (5, 8),
    "xdp/cpumap": (5, 9),
    "xdp.frags": (5, 18),
    "xdp.frags/devmap": (5, 18),
    "xdp.frags/cpumap": (5, 18),
    "sk_skb/verdict": (5, 13),
    "sk_reuseport/migrate": (5, 14),
}
# Program types whose helpers depend on where they attach: trying one helper alone proves nothing.
HELPERS_BY_HOOK = frozenset({9, 18, 25, 30})
SLEEPABLE: Version = (5, 10)
TRAMPOLINES: dict[str, Version] = {"x86_64": (5, 5), "aarch64": (6, 4), "s390x": (6, 3)}  # what fentry and lsm hang on
# Options of the kernel's build (any one of a group), by hook.
OPTIONS: dict[str, tuple[str, ...]] = {
    "kprobe": ("CONFIG_KPROBE_EVENTS",),
    "kretprobe": ("CONFIG_KPROBE_EVENTS",),
    "ksyscall": ("CONFIG_KPROBE_EVENTS",),
    "kretsyscall": ("CONFIG_KPROBE_EVENTS",),
    "kprobe.multi": ("CONFIG_FPROBE",),
    "kretprobe.multi": ("CONFIG_FPROBE",),
    "kprobe.session": ("CONFIG_FPROBE",),
    "uprobe": ("CONFIG_UPROBE_EVENTS",),
    "uretprobe": ("CONFIG_UPROBE_EVENTS",),
    "usdt": ("CONFIG_UPROBE_EVENTS",),
    "lsm": ("CONFIG_BPF_LSM",),
    "lsm_cgroup": ("CONFIG_BPF_LSM",),
    "tc": ("CONFIG_NET_CLS_BPF",),
    "classifier": ("CONFIG_NET_CLS_BPF",),
    "netfilter": ("CONFIG_NETFILTER_BPF_LINK",),
}
# Map types by number (schemas/bpf_maps.py has their names).
MAPS: dict[int, Version] = {
    1: (3, 19), 2: (3, 19), 3: (4, 2), 4: (4, 3), 5: (4, 6), 6: (4, 6), 7: (4, 6), 8: (4, 8), 9: (4, 10), 10: (4, 10),
    11: (4, 11), 12: (4, 12), 13: (4, 12), 14: (4, 14), 15: (4, 14), 16: (4, 15), 17: (4, 18), 18: (4, 18),
    19: (4, 19), 20: (4, 19), 21: (4, 20), 22: (4, 20), 23: (4, 20), 24: (5, 2), 25: (5, 4), 26: (5, 6), 27: (5, 8),
    28: (5, 10), 29: (5, 11), 30: (5, 16), 31: (6, 1), 32: (6, 2), 33: (6, 9), 34: (6, 19),
}  # fmt: skip
