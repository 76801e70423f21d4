"""Iterators: programs that the kernel runs once for each of its objects, and whose writing is read like a file.

The link is made here; client/loader/iteration.py reads it.
"""

from __future__ import annotations

import os
import struct
from functools import partial

from . import options
from .cgroup import open_cgroup
from .request import Request, Undo

_DESCENDANTS = 2  # enum bpf_cgroup_iter_order: BPF_CGROUP_ITER_DESCENDANTS_PRE


def attach_iterator(request: Request) -> tuple[list[Undo], int]:
    """Make the iterator's link; returns its descriptor too, for reading. Raises: OSError, NotFound."""
    library, cgroup = request.library, -1
    information = b""  # union bpf_iter_link_info (linux/bpf.h)
    try:
        if request.target.symbol:
            information = struct.pack("=I", request.map_named(request.target.symbol).fd)
        elif request.named == "cgroup":
            cgroup = open_cgroup(request)
            information = struct.pack("=IIQ", _DESCENDANTS, cgroup, 0)
        elif request.target.pid >= 0:
            information = struct.pack("=III", 0, request.target.pid, 0)  # thread, process, descriptor
        kept = library.buffer(16)
        kept.raw = information.ljust(16, b"\0")
        form = options.iterator(information=library.address(kept), size=16) if information else None
        pointer = library.made("bpf_program__attach_iter", request.program.pointer, form)
    finally:
        if cgroup >= 0:
            os.close(cgroup)
    undo = partial(library.call, "bpf_link__destroy", pointer)
    return [undo], library.done("bpf_link__fd", pointer)
