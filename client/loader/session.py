"""One run of a BPF object, from its bytes to a detached end: loads, attaches, hands records to a sink, cleans up.

It neither fetches nor verifies the object, and prints nothing: the sink shows everything.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack, suppress
from typing import NamedTuple, Protocol

from ...schemas.program import EventStream, Usage
from .events import Streams, reader
from .kernel import Kernel
from .program import LoadedProgram, Setting, system_library
from .stop import Stop, StopOnSignals


class RunResult(NamedTuple):
    """What a run came to: records shown, records known to be lost, records that were shorter than their type."""

    events: int
    lost: int
    malformed: int


class Sink(Protocol):
    """Where a run's records go. `descriptor` is where it writes (the run ends when its reader is gone), or -1."""

    descriptor: int

    def started(self, name: str, *, attached: int, streams: int) -> None:
        """Hear that `attached` programs are attached, and that `streams` maps are read. Raises: BrokenPipeError."""

    def batch(self, stream: int, records: list[bytes]) -> int:
        """Show records of stream number `stream`, and return how many were malformed. Raises: BrokenPipeError."""

    def ended(self, *, lost: int, malformed: int) -> None:
        """Hear that nothing is attached any more, and what was lost."""


def run_program(
    object_bytes: bytes,
    name: str,
    usage: Usage,
    settings: Iterable[Setting] = (),
    *,
    sink: Sink,
    max_events: int | None = None,
    timeout: float | None = None,
    stop: Stop | None = None,
    btf_path: str = "",
    kernel: Kernel | None = None,
) -> RunResult:
    """Run an object until SIGINT, SIGTERM, `stop`, `timeout` seconds or `max_events` records.

    A second signal raises KeyboardInterrupt. Nothing is attached afterwards, however it ends. A sink whose reader is
    gone ends the run quietly. Raises: Denied, Unsupported, BadInput, NotFound, and what the sink raises.
    """
    with ExitStack() as cleanup:
        stop = stop or _owned(cleanup)
        cleanup.enter_context(StopOnSignals(stop))
        program = cleanup.enter_context(LoadedProgram(object_bytes, name, kernel=kernel, btf_path=btf_path))
        program.set_values(settings)
        program.load()
        streams = _streams(cleanup, program, usage.events, stop, sink)
        attached = program.attach()
        events = malformed = 0
        with suppress(BrokenPipeError):
            sink.started(name, attached=len(attached), streams=len(usage.events))
            for stream, records in streams.batches(timeout=timeout, max_events=max_events):
                malformed += sink.batch(stream, records)
                events += len(records)
        program.detach()
        result = RunResult(events, streams.lost + program.lost_events(), malformed)
        sink.ended(lost=result.lost, malformed=result.malformed)
    return result


def _owned(cleanup: ExitStack) -> Stop:
    stop = Stop()
    cleanup.callback(stop.close)
    return stop


def _streams(
    cleanup: ExitStack, program: LoadedProgram, events: tuple[EventStream, ...], stop: Stop, sink: Sink
) -> Streams:
    readers = []
    for stream in events:
        source = reader(system_library(), program.map_named(stream.map))
        cleanup.callback(source.close)
        readers.append(source)
    return cleanup.enter_context(Streams(readers, stop, watched=sink.descriptor))
