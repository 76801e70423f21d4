"""A process that runs one BPF object, for tests that end it: child.py OBJECT NAME MODE [EVENT_MAP TRANSPORT].

It says "started" when attached and one line at the end. Modes: plain; once, for one event; stuck, whose sink writes to a pipe that nobody
reads; nobody, which gives up root first. INTERFACE in the environment is where its programs attach.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

from ebpfhub.client.loader.libbpf import Library
from ebpfhub.client.loader.program import LoadedProgram
from ebpfhub.client.loader.session import run_program
from ebpfhub.client.loader.target import Target
from ebpfhub.schemas.c_type import CType
from ebpfhub.schemas.errors import HubError
from ebpfhub.schemas.program import EventStream, Usage


class Lines:
    """A sink that tells about the run on stdout."""

    def __init__(self, mode: str) -> None:
        self.descriptor = -1
        self._stuck = os.pipe() if mode == "stuck" else None

    def started(self, name: str, *, attached: int, streams: int) -> None:
        print("started", flush=True)
        if streams:
            ctypes.CDLL(None).getpgid(0)

    def batch(self, stream: int, records: list[bytes]) -> int:
        print("batch", flush=True)
        while self._stuck:
            os.write(self._stuck[1], bytes(65536))
        return 0

    def looked(self, view: int, entries: list[tuple[bytes, tuple[bytes, ...]]]) -> None:
        print("looked", flush=True)

    def text(self, data: bytes) -> None:
        print("text", flush=True)

    def lost(self, count: int) -> None:
        pass

    def ended(self, *, lost: int, malformed: int) -> None:
        print("ended", flush=True)


def target(elf: bytes, name: str) -> list[tuple[str, int, bytes]]:
    """Set `target_pid` to this process."""
    library = Library()
    with LoadedProgram(elf, name, library=library) as program:
        place = library.variable(program._object, "target_pid", ".rodata")
    return [(".rodata", place[0], struct.pack("=i", os.getpid()))] if place else []


def targets(elf: bytes, name: str) -> dict[str, Target]:
    """Attach every program to the interface that INTERFACE in the environment names."""
    interface = os.environ.get("INTERFACE", "")
    with LoadedProgram(elf, name) as program:
        return {one.name: Target(interface=interface) for one in program.programs} if interface else {}


def main() -> int:
    """Run, and say how it ended."""
    path, name, mode, *stream = sys.argv[1:]
    elf = Path(path).read_bytes()
    usage = Usage((), (EventStream(stream[0], stream[1], CType("integer", 8)),) if stream else ())
    try:
        settings = target(elf, name)
        if mode == "nobody":
            os.setresuid(65534, 65534, 65534)
        most = 1 if mode == "once" else None
        result = run_program(elf, name, usage, settings, sink=Lines(mode), targets=targets(elf, name), max_events=most)
    except HubError as error:
        print(f"{type(error).__name__}: {error}")
        return 1
    except KeyboardInterrupt:
        print("interrupted")
        return 130
    print(f"done {result.events}")
    return 0


sys.exit(main())
