"""The option structs of libbpf's attach calls, as bytes (libbpf.h 1.0; newer ones only add fields after these).

Each begins with its own size. A pointer's target must live until the call is over: the caller holds it.
"""

from __future__ import annotations

import struct


def kprobe(*, returning: bool) -> bytes:
    """`struct bpf_kprobe_opts`: size, cookie, offset, retprobe."""
    return _sized("@NQN?7x", 0, 0, returning)


def kprobe_multi(*, returning: bool) -> bytes:
    """`struct bpf_kprobe_multi_opts`: size, symbols, addresses, cookies, count, retprobe."""
    return _sized("@NPPPN?7x", 0, 0, 0, 0, returning)


def ksyscall(*, returning: bool) -> bytes:
    """`struct bpf_ksyscall_opts`: size, cookie, retprobe."""
    return _sized("@NQ?7x", 0, returning)


def uprobe(*, returning: bool, function: int) -> bytes:
    """`struct bpf_uprobe_opts`: size, reference counter's offset, cookie, retprobe, address of the function's name."""
    return _sized("@NNQ?P", 0, 0, returning, function)


def iterator(*, information: int, size: int) -> bytes:
    """`struct bpf_iter_attach_opts`: size, address and size of a `union bpf_iter_link_info`."""
    return _sized("@NPI4x", information, size)


def link(*, flags: int) -> bytes:
    """`struct bpf_link_create_opts`, up to its flags: size, flags."""
    return struct.pack("@NI", struct.calcsize("@NI"), flags)


def tc_hook(*, interface: int, points: int) -> bytes:
    """`struct bpf_tc_hook`: size, interface's index, attach points (1 ingress, 2 egress), parent."""
    return _sized("@NiiI4x", interface, points, 0)


def tc(*, program: int, handle: int, priority: int) -> bytes:
    """`struct bpf_tc_opts`: size, program's descriptor, flags, program's number, handle, priority."""
    return _sized(TC, program, 0, 0, handle, priority)


TC = "@NiIIII4x"


def _sized(form: str, *fields: int | bool) -> bytes:
    return struct.pack(form, struct.calcsize(form), *fields)
