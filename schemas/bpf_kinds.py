"""What the name of an ELF section says of a program: its type, and what it hangs on (libbpf's section definitions).

Data only. What follows for people is in permissions.py.
"""

from __future__ import annotations

from dataclasses import dataclass

# Section prefix -> program type, as libbpf 1.7's table has them; the part after "/" is the attach point.
_KINDS: dict[str, str] = {
    "socket": "socket_filter",
    "sk_reuseport": "sk_reuseport",
    "sk_reuseport/migrate": "sk_reuseport",
    "kprobe": "kprobe",
    "kretprobe": "kprobe",
    "kprobe.multi": "kprobe",
    "kretprobe.multi": "kprobe",
    "kprobe.session": "kprobe",
    "ksyscall": "kprobe",
    "kretsyscall": "kprobe",
    "uprobe": "uprobe",
    "uretprobe": "uprobe",
    "uprobe.multi": "uprobe",
    "uretprobe.multi": "uprobe",
    "uprobe.session": "uprobe",
    "usdt": "uprobe",
    "tc": "tc",
    "tc/ingress": "tc",
    "tc/egress": "tc",
    "tcx/ingress": "tc",
    "tcx/egress": "tc",
    "netkit/primary": "tc",
    "netkit/peer": "tc",
    "classifier": "tc",
    "action": "tc",
    "tracepoint": "tracepoint",
    "tp": "tracepoint",
    "raw_tracepoint": "raw_tracepoint",
    "raw_tp": "raw_tracepoint",
    "raw_tracepoint.w": "raw_tracepoint_writable",
    "raw_tp.w": "raw_tracepoint_writable",
    "tp_btf": "raw_tracepoint",
    "fentry": "fentry",
    "fexit": "fexit",
    "fsession": "fentry",
    "fmod_ret": "fmod_ret",
    "freplace": "extension",
    "lsm": "lsm",
    "lsm_cgroup": "lsm",
    "iter": "iterator",
    "syscall": "syscall",
    "xdp": "xdp",
    "xdp/devmap": "xdp",
    "xdp/cpumap": "xdp",
    "xdp.frags": "xdp",
    "xdp.frags/devmap": "xdp",
    "xdp.frags/cpumap": "xdp",
    "perf_event": "perf_event",
    "lwt_in": "lwt",
    "lwt_out": "lwt",
    "lwt_xmit": "lwt",
    "lwt_seg6local": "lwt",
    "sockops": "sock_ops",
    "sk_skb": "sk_skb",
    "sk_skb/stream_parser": "sk_skb",
    "sk_skb/stream_verdict": "sk_skb",
    "sk_skb/verdict": "sk_skb",
    "sk_msg": "sk_msg",
    "lirc_mode2": "lirc_mode2",
    "flow_dissector": "flow_dissector",
    "cgroup_skb/ingress": "cgroup_skb",
    "cgroup_skb/egress": "cgroup_skb",
    "cgroup/skb": "cgroup_skb",
    "cgroup": "cgroup",
    "struct_ops": "struct_ops",
    "sk_lookup": "sk_lookup",
    "netfilter": "netfilter",
}
_SLEEPABLE = ".s"
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ProgramKind:
    """A program's `type`, the section's first part (`hook`), and the attach point after it, if any."""

    type: str
    hook: str
    target: str
    optional: bool
    sleepable: bool


def program_types() -> frozenset[str]:
    """All types of programs that a section can tell, `unknown` too."""
    return frozenset({*_KINDS.values(), UNKNOWN})


def kind_of_section(section: str) -> ProgramKind:
    """Tell the kind of program that a section holds; `unknown` where libbpf knows none either."""
    optional = section.startswith("?")
    name = section.removeprefix("?")
    parts = name.split("/")
    for count in range(min(2, len(parts)), 0, -1):
        words = parts[:count]
        sleepable = words[0].endswith(_SLEEPABLE)
        hook = "/".join([words[0].removesuffix(_SLEEPABLE), *words[1:]])
        if hook in _KINDS:
            return ProgramKind(_KINDS[hook], hook, "/".join(parts[count:]), optional, sleepable)
    return ProgramKind(UNKNOWN, parts[0], "/".join(parts[1:]), optional, False)
