"""Programs on what the processes of a cgroup do: cgroup/*, cgroup_skb, sockops, lsm_cgroup.

Only cgroup2 has them. Without a wish it is the root of that mount: every process.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ....schemas.errors import Unsupported
from ..refusal import name_of
from .request import Request, Undo

_SKB = {"ingress": 0, "egress": 1}  # enum bpf_attach_type: BPF_CGROUP_INET_*
_MOUNTS = "/proc/self/mountinfo"


def attach_cgroup(request: Request) -> list[Undo]:
    """Attach to a cgroup and all below it. Raises: OSError, BadInput, NotFound, Unsupported."""
    direction = request.target.direction
    if direction and direction not in _SKB:
        raise request.wrong(f"{direction!r} is no direction", "give --direction ingress or egress")
    folder = open_cgroup(request)
    try:
        if request.program.section.endswith("cgroup/skb"):
            return [request.kernel_link(folder, _SKB[direction or "ingress"])]
        return [request.linked("bpf_program__attach_cgroup", folder)]
    except OSError as error:
        if error.errno == errno.EBADF:  # a folder of cgroup version 1, or of no cgroup at all
            raise request.wrong(f"{request.target.cgroup!r} is no folder of cgroup2") from error
        raise
    finally:
        os.close(folder)


def open_cgroup(request: Request) -> int:
    """Open the wanted cgroup, or the root; the caller closes it. Raises: NotFound, Unsupported."""
    root = cgroup_root()
    wanted = request.target.cgroup
    below = f"{root}/{wanted.lstrip('/')}" if root else ""
    path = wanted if wanted and Path(wanted).is_dir() else below
    if not path:
        raise Unsupported(
            f"{name_of(request.program)} needs cgroup2, and it is not mounted",
            needs="cgroup2",
            todo="mount it: mount -t cgroup2 none /mnt/cgroup2",
        )
    try:
        return os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        todo = f"give --cgroup a folder, or its path below {root}"
        raise request.missing(f"there is no cgroup {wanted!r}", todo) from error


def cgroup_root(mounts: str = _MOUNTS) -> str:
    """Return where cgroup2 is mounted (proc_pid_mountinfo(5)), or ""."""
    with Path(mounts).open(encoding="utf-8", errors="surrogateescape") as lines:
        for line in lines:
            before, _, after = line.partition(" - ")
            if after.startswith("cgroup2 "):
                return _plain(before.split(" ")[4])
    return ""


def _plain(path: str) -> str:
    """Undo the octal escapes of blanks, backslashes and line ends."""
    for code in ("040", "011", "012", "134"):
        path = path.replace(f"\\{code}", chr(int(code, 8)))
    return path
