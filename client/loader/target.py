"""What a program's section leaves open (an interface, a binary, a process …), and what each kind of section can take.

Pure: it reads names of sections as libbpf does (libbpf.c, section_defs); who attaches is attach.py.
"""

from __future__ import annotations

from ...schemas.named import NamedTuple


class Target(NamedTuple):
    """Where one program is to be attached. Empty, 0 or -1 (`pid`): not given, so the section or a default says it.

    `interface`: a network interface's name. `direction`: "ingress" or "egress". `mode`: "native", "generic" or "auto"
    (XDP). `binary`: a program or library, by path or by name. `symbol`: a function ("name", "name+0x10", "0x4f0"), a
    pattern (kprobe.multi), "category:event", "provider:probe", or an iterator's map. `pid`: only this process.
    `cgroup`: a folder of cgroup2, or its path below that mount. `frequency`: samples a second on each processor.
    `priority` and `handle`: of a TC filter, where the kernel has no TCX.
    """

    interface: str = ""
    direction: str = ""
    mode: str = ""
    binary: str = ""
    symbol: str = ""
    pid: int = -1
    cgroup: str = ""
    frequency: int = 0
    priority: int = 0
    handle: int = 0


NOWHERE = Target()
KPROBES = ("kprobe", "kretprobe", "ksyscall", "kretsyscall", "kprobe.multi", "kretprobe.multi")
TRACEPOINTS = ("tracepoint", "tp")
RAW_TRACEPOINTS = ("raw_tp", "raw_tracepoint", "raw_tp.w", "raw_tracepoint.w")
UPROBES = ("uprobe", "uretprobe", "uprobe.s", "uretprobe.s")
XDP = ("xdp", "xdp.frags")
TRAFFIC = ("tc", "tcx", "classifier")
CGROUPS = ("cgroup", "cgroup_skb", "sockops", "lsm_cgroup")
ITERATORS = ("iter", "iter.s")
BESIDE_MAPS = ("devmap", "cpumap")  # XDP programs that stand in maps and are attached to nothing


def kind_of(section: str) -> tuple[str, str]:
    """Split a section's name: its kind, and what it names ("" when that is left open)."""
    kind, _, named = section.removeprefix("?").partition("/")
    return kind, named


def direction_of(named: str) -> str:
    """Return "ingress" or "egress" where the section itself names it, else ""."""
    return named if named in ("ingress", "egress") else ""


def user_parts(named: str) -> tuple[str, str]:
    """Split what a uprobe's or usdt's section names: `/bin/bash:readline` into binary and symbol.

    A mere word (`uprobe/readline`) names neither: so old objects label what their own program attached by hand.
    """
    binary, colon, symbol = named.partition(":")
    return (binary, symbol) if colon or "/" in binary or ".so" in binary else ("", "")


def open_targets(section: str) -> dict[str, bool]:
    """Name those of schemas.program.TARGETS that this section can take, and whether it cannot be attached without.

    What the section names already can be replaced (`--binary`), so it is there, but need not be given.
    """
    kind, named = kind_of(section)
    if kind in UPROBES or kind == "usdt":
        binary, symbol = user_parts(named)
        return {"binary": not binary, "symbol": not symbol, "pid": False}
    if kind in KPROBES or kind in TRACEPOINTS or kind in RAW_TRACEPOINTS:
        return {} if named else {"symbol": True}
    if kind in CGROUPS:
        return {"cgroup": False} | ({"direction": False} if section.endswith("cgroup/skb") else {})
    if kind in TRAFFIC or kind in XDP:
        return _network(kind, named)
    if kind in ITERATORS:
        return _iterator(named)
    return {"perf_event": {"frequency": False, "pid": False}, "socket": {"interface": False}}.get(kind, {})


def _network(kind: str, named: str) -> dict[str, bool]:
    if kind in XDP:
        return {} if named in BESIDE_MAPS else {"interface": True, "mode": False}
    where = {"interface": True, "priority": False, "handle": False}
    return where if direction_of(named) else where | {"direction": False}


def _iterator(named: str) -> dict[str, bool]:
    if named.startswith("task"):
        return {"pid": False}
    if named == "cgroup":
        return {"cgroup": False}
    return {"symbol": True} if named in ("bpf_map_elem", "bpf_sk_storage_map") else {}
