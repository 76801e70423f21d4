"""What follows once a program is attached: its stack traces can be looked up, and privileges are given up."""

from __future__ import annotations

import os

from ..schemas.c_type import CType
from ..schemas.program import ITERATOR, AttachPoint, Usage
from .loader.maps import MapHandle
from .loader.privileges import drop_privileges
from .loader.program import LoadedProgram, system_library
from .loader.target import TRAFFIC, kind_of

STACK_TRACE = 7  # enum bpf_map_type
_PRIVILEGED_SHOWS = frozenset({"kernel-stack", "user-stack", "address"})  # symbols of the kernel and of processes
_FREE_MAPS = (5, 19)  # since then a map that is open can be read without any right (kernel/bpf/syscall.c, __sys_bpf)
_TCX = (6, 6)  # before, detaching from an interface takes CAP_NET_ADMIN


class Began:
    """Called with the program once it is attached; afterwards it finds stacks by their ids."""

    def __init__(self, *, drop: bool) -> None:
        self.drop = drop
        self._map: MapHandle | None = None

    def __call__(self, program: LoadedProgram) -> None:
        """Hear that the program is attached."""
        for found in program.maps().values():
            if found.type == STACK_TRACE:
                self._map = MapHandle(system_library(), found.fd)
        if self.drop:
            drop_privileges()

    def stack(self, number: int) -> bytes:
        """The addresses of a stack, as in the map; none where it is gone."""
        held = self._map.lookup(number.to_bytes(4, "little")) if self._map is not None and number >= 0 else None
        return held[0] if held else b""


def can_drop(usage: Usage, points: tuple[AttachPoint, ...]) -> bool:
    """Tell whether a run needs no privilege once everything is attached."""
    version = kernel_version()
    types = [stream.type for stream in usage.events] + [kind for view in usage.views for kind in (view.key, view.value)]
    kinds = {kind_of(point.section)[0] for point in points}
    return not (
        any(_shows(kind) & _PRIVILEGED_SHOWS for kind in types)
        or (usage.views and version < _FREE_MAPS)
        or (kinds & set(TRAFFIC) and version < _TCX)
        or any(stream.transport == ITERATOR for stream in usage.events)
        or any(kind.startswith("iter") for kind in kinds)
    )


def kernel_version() -> tuple[int, int]:
    """The running kernel's version."""
    major, _, rest = os.uname().release.partition(".")
    minor = rest[: len(rest) - len(rest.lstrip("0123456789"))]
    return int(major), int(minor or 0)


def _shows(kind: CType) -> set[str]:
    own = {member.show for member in kind.members}
    return own.union(*(_shows(member.type) for member in kind.members))
