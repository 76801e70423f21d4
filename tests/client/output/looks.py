"""A pipe, sinks that write to it, and viewed maps, for tests of what a run shows."""

from __future__ import annotations

import os
import struct
from typing import Any

from ebpfhub.client.output.notices import Notices
from ebpfhub.client.output.shown import Shown, sink_for
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.program import EventStream, MapView, Usage

U32, U64, COMM = CType("integer", 4), CType("integer", 8), CType("string", 16)
EXEC = CType("struct", 20, "exec", members=(Member("pid", 0, U32), Member("comm", 4, COMM)))
EXIT = CType("struct", 8, "exit", members=(Member("pid", 0, U32), Member("code", 4, U32)))
KEY = CType("struct", 20, "key", members=(Member("pid", 0, U32), Member("comm", 4, COMM)))
VALUE = CType("struct", 16, "value", members=(Member("reads", 0, U64), Member("bytes", 8, U64, show="size")))
SLOTS = CType("array", 32, length=8, item=U32)
HIST = CType("struct", 48, "hist", members=(Member("slots", 0, SLOTS), Member("comm", 32, COMM)))

COUNTS = MapView("counts", "table", KEY, VALUE)
LATENCY = MapView("latency", "log2", U32, HIST, unit="us")
SIZES = MapView("sizes", "linear", U32, U64, unit="bytes", step=10, base=100)
STREAMS = (EventStream("execs", "ringbuf", EXEC), EventStream("exits", "ringbuf", EXIT))


def count(pid: int, comm: str, *values: tuple[int, int]) -> tuple[bytes, tuple[bytes, ...]]:
    """An entry of COUNTS, with a value (reads, bytes) for each processor."""
    return struct.pack("=I16s", pid, comm.encode()), tuple(struct.pack("=QQ", *value) for value in values)


def latency(key: int, comm: str, *slots: int) -> tuple[bytes, tuple[bytes, ...]]:
    """An entry of LATENCY."""
    return struct.pack("=I", key), (struct.pack("=8I16s", *slots, *[0] * (8 - len(slots)), comm.encode()),)


def executed(pid: int, comm: str) -> bytes:
    """A record of EXEC."""
    return struct.pack("=I16s", pid, comm.encode())


class Piped:
    """A sink for a usage, and what it wrote."""

    def __init__(self, usage: Usage, shown: Shown, *, much: bool = False, **more: Any) -> None:
        if much:  # more than a pipe holds while nobody reads
            self._writing = os.memfd_create("written")
            self._reading = os.open(f"/proc/self/fd/{self._writing}", os.O_RDONLY)
        else:
            self._reading, self._writing = os.pipe()
        self._told, self._telling = os.pipe()
        self.sink = sink_for(usage, shown, descriptor=self._writing, notices=Notices(self._telling), **more)
        os.set_blocking(self._reading, False)
        os.set_blocking(self._told, False)

    def leave(self) -> None:
        """Be a reader that goes away."""
        os.close(self._reading)

    def close(self) -> None:
        """Close the pipes."""
        for descriptor in (self._reading, self._writing, self._told, self._telling):
            os.close(descriptor)

    def lines(self) -> list[str]:
        """What it wrote since it was last asked."""
        return _taken(self._reading).splitlines()

    def notices(self) -> str:
        """What it told beside."""
        return _taken(self._told)


def _taken(descriptor: int) -> str:
    made = b""
    try:
        while part := os.read(descriptor, 65536):
            made += part
    except BlockingIOError:
        pass
    return made.decode()
