"""Symbols of processes: an address belongs to a mapping of /proc/PID/maps, which belongs to a file with symbols.

What is known of a process is kept a while, for many are gone when their stacks are shown.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cache
from typing import NamedTuple

from ..text import visible
from .image import Image

MAX_MAPPINGS = 65536  # of one process
MAX_PROCESSES = 256  # kept
MAX_IMAGES = 64  # kept
_MAX_MAPS_BYTES = 16 * 1024 * 1024


class Mapping(NamedTuple):
    """Memory of a process: addresses from `start` to below `end` are a file's bytes from `offset` on."""

    start: int
    end: int
    offset: int
    file: tuple[str, str]  # device and inode, as maps has them
    path: str


class Process(NamedTuple):
    """A process as it was when its mappings were read; `born` tells it from others that had its number."""

    pid: int
    born: bytes
    mappings: list[Mapping]


class ProcessSymbols:
    """Symbols of many processes."""

    def __init__(self) -> None:
        self._processes: dict[int, Process] = {}
        self._images: dict[tuple[str, str], Image | None] = {}

    def text(self, address: int, pid: int) -> str:
        """Return `symbol+0x1a`, else `file+0x2b0c`, else the address in hex."""
        mapping = self._mapping(pid, address)
        if mapping is None:
            return f"{address:#x}"
        offset = address - mapping.start + mapping.offset
        image = self._image(pid, mapping)
        found = image.find(offset) if image is not None else ""
        name = mapping.path.rpartition("/")[2]
        return visible(found or (f"{name}+{offset:#x}" if name else f"{address:#x}"))

    def _mapping(self, pid: int, address: int) -> Mapping | None:
        known, born = self._processes.get(pid), _born(pid)
        if known is None or (born and born != known.born):
            known = self._remember(pid, born)
        found = _covering(known.mappings, address)
        if found is None and born:  # mapped since then
            found = _covering(self._remember(pid, born).mappings, address)
        return found

    def _remember(self, pid: int, born: bytes) -> Process:
        if len(self._processes) >= MAX_PROCESSES:
            del self._processes[next(iter(self._processes))]
        self._processes[pid] = made = Process(pid, born, _mappings(pid) if born else [])
        return made

    def _image(self, pid: int, mapping: Mapping) -> Image | None:
        if not mapping.path.startswith("/"):
            return None
        if mapping.file not in self._images:
            if len(self._images) >= MAX_IMAGES:
                del self._images[next(iter(self._images))]
            self._images[mapping.file] = Image.read(f"/proc/{pid}/root{mapping.path}")  # as the process sees it
        return self._images[mapping.file]


def _covering(mappings: list[Mapping], address: int) -> Mapping | None:
    place = bisect_right(mappings, address, key=lambda mapping: mapping.start) - 1
    return mappings[place] if place >= 0 and address < mappings[place].end else None


def _born(pid: int) -> bytes:
    """Return when a process started, in the kernel's ticks; empty when it is gone."""
    data = _contents(f"/proc/{pid}/stat", 4096)
    fields = data.rpartition(b")")[2].split()
    return fields[19] if len(fields) > 19 else b""


def _mappings(pid: int) -> list[Mapping]:
    """Read lines `7f00-7f10 r-xp 00001000 08:01 1234   /lib/x.so` of mappings with code."""
    made: list[Mapping] = []
    for line in _contents(f"/proc/{pid}/maps", _MAX_MAPS_BYTES).decode("utf-8", "surrogateescape").split("\n"):
        parts = line.split(None, 5)
        if len(parts) < 5 or "x" not in parts[1] or len(made) >= MAX_MAPPINGS:
            continue
        start, _, end = parts[0].partition("-")
        path = parts[5].removesuffix(" (deleted)") if len(parts) > 5 else ""
        made.append(Mapping(int(start, 16), int(end, 16), int(parts[2], 16), (parts[3], parts[4]), path))
    return made


def _contents(path: str, limit: int) -> bytes:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - /proc, many times
            data = b""
            while len(data) < limit and (part := file.read(65536)):
                data += part
            return data
    except OSError:
        return b""


@cache
def process_symbols() -> ProcessSymbols:
    """Return the symbols that all fields of this process share."""
    return ProcessSymbols()
