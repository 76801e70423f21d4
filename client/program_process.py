"""The process in which library.py runs a program: it reads a job from stdin, and writes frames to stdout.

`python -m ebpfhub.client.program_process`. It ends with its parent, and a fault of libbpf or of the program ends it
alone.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from ..schemas.codec import canonical_json, decode_json
from ..schemas.errors import BadInput, HubError
from ..schemas.fields import Fields
from ..schemas.package import MAX_CONFIG_BYTES, PackageConfig
from .frames import Kind, pack, unpack, write_frame
from .loader.privileges import end_with_parent
from .loader.program import Setting
from .loader.session import run_program
from .loader.target import Target
from .loader.tracefs import provide_tracefs
from .output.writer import Writer

MAX_COUNT = 2**32 - 1  # that a frame's number holds
MAX_JOB_BYTES = 128 * 1024 * 1024


class Framed:
    """A sink that writes frames."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._writer = Writer(descriptor)

    def send(self, kind: Kind, number: int = 0, body: bytes = b"") -> None:
        """Write one frame. Raises: BrokenPipeError."""
        self._writer.write(write_frame(kind, number, body))

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Tell that the programs are attached."""
        self.send(Kind.STARTED, attached)

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Hand on records as they are: the reader decodes them."""
        self.send(Kind.RECORDS, stream, pack(records))
        return 0

    def looked(self, view: int, entries: list[tuple[bytes, tuple[bytes, ...]]]) -> None:
        """Hand on a map's content: each key, then its values packed."""
        self.send(Kind.LOOKED, view, pack([part for key, values in entries for part in (key, pack(values))]))

    def text(self, data: bytes) -> None:
        """Hand on an iterator's text."""
        self.send(Kind.TEXT, 0, data)

    def lost(self, count: int) -> None:
        """Tell what is lost so far."""
        self.send(Kind.LOST, min(count, MAX_COUNT))

    def ended(self, *, lost: int, malformed: int) -> None:
        """Tell what was lost."""
        self.send(Kind.ENDED, min(lost, MAX_COUNT))


def main() -> None:
    """Run the job; exit code 0 even where an error was sent."""
    end_with_parent()
    sink = Framed(os.dup(1))
    os.dup2(2, 1)  # whatever else prints does not disturb the frames
    try:
        _run(sys.stdin.buffer.read(MAX_JOB_BYTES + 1), sink)
    except HubError as error:
        sink.send(Kind.FAILED, 0, pack([text.encode() for text in (error.kind, error.what, error.where, error.todo)]))


def job(config: PackageConfig, elf: bytes, values: Sequence[Setting], facts: dict[str, object]) -> bytes:
    """What run_job() reads: config, object, settings, and the rest of run_program()'s arguments."""
    flat = [part for section, at, value in values for part in (section.encode(), str(at).encode(), value)]
    return pack([config.to_json(), elf, canonical_json(facts), pack(flat)])


def _run(data: bytes, sink: Framed) -> None:
    if len(data) > MAX_JOB_BYTES:
        raise BadInput(f"the job has more than {MAX_JOB_BYTES} bytes")
    head, elf, more, flat = unpack(data)
    config = PackageConfig.parse(head)
    facts = Fields(decode_json(more, limit=MAX_CONFIG_BYTES, where="job"), "job")
    parts = unpack(flat)
    values = [
        (section.decode(), int(at), value)
        for section, at, value in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    ]
    timeout = facts.integer("timeout_ms", default=0) / 1000
    provide_tracefs()
    run_program(
        elf,
        config.name,
        config.usage,
        values,
        sink=sink,
        targets={item.text("program", limit=128): _target(item) for item in facts.maps("targets", limit=1024)},
        max_events=facts.integer("max_events", default=0) or None,
        timeout=timeout or None,
        tell=lambda line: sink.send(Kind.NOTICE, 0, line.encode()),
        btf_path=facts.text("btf_path", limit=4096),
    )


def _target(fields: Fields) -> Target:
    made: dict[str, Any] = {}
    for name, default in Target()._asdict().items():
        made[name] = fields.integer(name, low=-1) if isinstance(default, int) else fields.text(name, limit=4096)
    return Target(**made)


if __name__ == "__main__":
    main()
