"""One run of a BPF object, from its bytes to a detached end: loads, attaches, hands records to a sink, cleans up.

It neither fetches nor verifies the object, and prints nothing: the sink shows everything.
"""

from __future__ import annotations

import time

from ...schemas.errors import BadInput
from ...schemas.named import TYPE_CHECKING, NamedTuple
from ...schemas.program import ITERATOR, Usage
from .events import Streams, reader
from .kernel import Kernel
from .losses import Losses
from .program import LoadedProgram, Setting, system_library
from .stop import Stop, StopOnSignals

if TYPE_CHECKING:  # imported only where they are needed: start-up time
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from .events import Reader
    from .sink import Sink
    from .target import Target
    from .views import Views


class RunResult(NamedTuple):
    """What a run came to: records shown, records known to be lost, records that were shorter than their type."""

    events: int
    lost: int
    malformed: int


def run_program(
    object_bytes: bytes,
    name: str,
    usage: Usage,
    settings: Iterable[Setting] = (),
    *,
    sink: Sink,
    targets: Mapping[str, Target] = {},
    max_events: int | None = None,
    timeout: float | None = None,
    stop: Stop | None = None,
    tell: Callable[[str], object] | None = None,
    began: Callable[[LoadedProgram], object] | None = None,
    btf_path: str = "",
    kernel: Kernel | None = None,
) -> RunResult:
    """Run an object until SIGINT, SIGTERM, `stop`, `timeout` seconds or `max_events` records.

    A program of nothing but iterators ends when they have been read. `targets`, by program name, say what sections
    leave open. `tell` hears sentences for the user: what was left out. `began` is called once everything is attached,
    before anything is read. A second signal raises KeyboardInterrupt.
    Nothing is attached afterwards, however it ends. A sink whose reader is gone ends the run quietly.

    Raises: Denied, Unsupported, BadInput, NotFound, Conflict, and what the sink raises.
    """
    own = stop is None
    stop = stop or Stop()
    try:
        with StopOnSignals(stop), LoadedProgram(object_bytes, name, kernel=kernel, btf_path=btf_path) as program:
            program.check(targets)
            program.set_values(settings)
            program.load()
            with _Run(program, usage, sink, stop, max_events) as run:
                attached = len(program.attach(targets))
                _tell(tell, program.left_out)
                if began:
                    began(program)
                try:
                    sink.started(name, attached=attached, streams=len(usage.events))
                    run.through(attached, None if timeout is None else time.monotonic() + timeout)
                except BrokenPipeError:
                    pass  # nobody reads any more
                program.detach()
                _tell(tell, run.cut)
                result = RunResult(run.events, run.lost(), run.malformed)
                sink.ended(lost=result.lost, malformed=result.malformed)
    finally:
        if own:
            stop.close()
    return result


def _tell(tell: Callable[[str], object] | None, sentences: Iterable[str]) -> None:
    if tell:
        for sentence in sentences:
            tell(sentence)


class _Run:
    """What flows from a loaded program to its sink, and how much it was."""

    def __init__(
        self,
        program: LoadedProgram,
        usage: Usage,
        sink: Sink,
        stop: Stop,
        max_events: int | None,
    ) -> None:
        self._program, self._usage, self._sink, self._stop = program, usage, sink, stop
        self._left = max_events
        self.events = self.malformed = 0
        self._views: Views | None = None
        self._losses: Losses | None = None
        if usage.views:
            from .views import Views

            self._views = Views(program, usage.views, sink.looked)
        readers: list[Reader] = []
        self._numbers = list[int]()
        try:
            for number, stream in enumerate(usage.events):
                if stream.map in [other.map for other in usage.events[:number]]:
                    raise BadInput(f"two event streams read {stream.map!r}", where="events")
                if stream.transport != ITERATOR:
                    readers.append(reader(system_library(), program.map_named(stream.map)))
                    self._numbers.append(number)
            tickers = [self._views] if self._views else []
            self.streams = Streams(readers, stop, watched=sink.descriptor, tickers=tickers)
        except BaseException:
            for source in readers:
                source.close()
            raise

    def __enter__(self) -> _Run:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.streams.close()

    def through(self, attached: int, deadline: float | None) -> None:
        """Read iterators to their end, then events until the end of the run, then the maps once more."""
        if self._program.iterators:
            self.iterate(deadline)
        if attached > len(self._program.iterators) or not attached:
            self.listen(deadline)
        self._program.detach()
        self.finish()

    @property
    def cut(self) -> list[str]:
        """Sentences about maps of which not all was seen."""
        return self._views.cut if self._views else []

    def lost(self) -> int:
        """Records that are known to be lost: by the kernel, and by the program's own count."""
        return self.streams.lost + self._program.lost_events()

    def listen(self, deadline: float | None) -> None:
        """Hand on records, and look at maps, until the end."""
        if self._views:
            self._views.start()
        timeout = None if deadline is None else max(0.0, deadline - time.monotonic())
        for reading, records in self.streams.batches(timeout=timeout, max_events=self._left):
            self._hand_on(self._numbers[reading], records)
            (self._losses or self._watch_losses()).look()

    def _watch_losses(self) -> Losses:
        """Begin to look for losses, once the first events were shown: that is soon enough."""
        self._losses = Losses(self.lost, self._sink.lost)
        self.streams.tickers.append(self._losses)
        return self._losses

    def iterate(self, deadline: float | None) -> None:
        """Read every iterator from beginning to end."""
        from .iteration import Cutter, written

        def over() -> bool:
            return self._stop.wanted or self._left == 0 or (deadline is not None and time.monotonic() >= deadline)

        numbers = {stream.map: number for number, stream in enumerate(self._usage.events)}
        for name, link in self._program.iterators:
            pieces = written(system_library(), name, link, over)
            if name not in numbers:
                for piece in pieces:
                    self._sink.text(piece)
                continue
            cutter = Cutter(self._usage.events[numbers[name]].type.size)
            for piece in pieces:
                self._hand_on(numbers[name], cutter.cut(piece)[: self._left])
            self.malformed += bool(cutter.rest) and not over()

    def _hand_on(self, number: int, records: list[bytes]) -> None:
        self.malformed += self._sink.batch(number, records)
        self.events += len(records)
        if self._left is not None:
            self._left -= len(records)

    def finish(self) -> None:
        """Look at all maps once more."""
        if self._views:
            self._views.finish()
