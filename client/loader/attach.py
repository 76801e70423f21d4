"""Which way a program of a section is attached, what it needs for that, and which kinds cannot be attached here.

The quick path (program.py) does not come here: a section that names all itself is attached by libbpf alone.
"""

from __future__ import annotations

from collections.abc import Callable

from ...schemas.errors import BadInput, HubError, Unsupported
from .libbpf import BpfProgram
from .links.request import Request, Undo
from .refusal import name_of
from .target import (
    BESIDE_MAPS,
    CGROUPS,
    ITERATORS,
    KPROBES,
    RAW_TRACEPOINTS,
    TRACEPOINTS,
    TRAFFIC,
    UPROBES,
    XDP,
    Target,
    kind_of,
    open_targets,
)

_UNKNOWN = {  # kinds that nothing here attaches, and what they are attached to
    **dict.fromkeys(("sk_msg", "sk_skb"), "a socket map"),
    **dict.fromkeys(("sk_reuseport",), "a socket"),
    **dict.fromkeys(("lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local"), "a route"),
    "syscall": "nothing: it is called",
    "freplace": "a function of another program",
    "netfilter": "a netfilter hook",
    "netkit": "a netkit device",
    "action": "a TC action",
    "lirc_mode2": "an infrared receiver",
}
_EXAMPLES = {"interface": "eth0", "binary": "/usr/bin/bash", "symbol": "readline"}
_SYMBOLS = {"usdt": "provider:probe", **dict.fromkeys(TRACEPOINTS, "sched:sched_switch")}


def attach(request: Request) -> tuple[list[Undo], int]:
    """Attach one loaded program; returns what undoes it, and an iterator's descriptor or -1.

    Raises: OSError and HubError; then nothing of it stays attached.
    """
    refused = complaint(request.program, request.target)
    if refused:
        raise refused
    kind = request.kind
    if kind in ITERATORS:
        from .links.iterator import attach_iterator

        return attach_iterator(request)
    if kind in UPROBES or kind == "usdt":
        from .links.user import attach_user

        return attach_user(request), -1
    if kind == "perf_event":
        from .sampling import attach_sampling

        return attach_sampling(request), -1
    if kind in CGROUPS:
        from .links.cgroup import attach_cgroup

        return attach_cgroup(request), -1
    if request.target.symbol and kind in (*KPROBES, *TRACEPOINTS, *RAW_TRACEPOINTS):
        from .links.tracing import attach_tracing

        return attach_tracing(request), -1
    way = _network(kind)
    return (way(request) if way else [request.linked("bpf_program__attach")]), -1


def _network(kind: str) -> Callable[[Request], list[Undo]] | None:
    if kind not in (*XDP, *TRAFFIC, "socket", "sk_lookup", "flow_dissector"):
        return None
    from .links import network

    if kind in XDP:
        return network.attach_xdp
    if kind in TRAFFIC:
        return network.attach_traffic
    return network.attach_socket if kind == "socket" else network.attach_namespace


def complaint(program: BpfProgram, target: Target) -> HubError | None:
    """Say, before anything is loaded, why a program cannot be attached: its kind, or a target that is not given."""
    kind, named = kind_of(program.section)
    if kind in _UNKNOWN or (kind in XDP and named in BESIDE_MAPS):
        place = _UNKNOWN.get(kind, "a map")
        return Unsupported(
            f"{name_of(program)} cannot be attached: its kind belongs to {place}, and this version attaches none",
            needs="a program of its own that attaches it",
        )
    for name, needed in open_targets(program.section).items():
        if needed and not getattr(target, name):
            example = _SYMBOLS.get(kind, _EXAMPLES[name]) if name == "symbol" else _EXAMPLES[name]
            return BadInput(
                f"{name_of(program)} does not say to which {name} it is to be attached",
                todo=f"say it with --{name}, for example --{name} {example}",
            )
    return None
