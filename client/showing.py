"""The sink of a run, as the command line asks for it: table, JSON or CSV, and metrics beside it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from ..schemas.errors import BadInput
from ..schemas.program import Usage
from .loader.sink import Sink
from .output.shown import Shown, sink_for
from .run_options import RunOptions
from .timings import TimedSink, Timings


@contextmanager
def showing(usage: Usage, options: RunOptions, timings: Timings, stacks: Callable[[int], bytes]) -> Iterator[Sink]:
    """Give the sink for the length of a run; `stacks` finds the addresses of a stack by its id.

    Raises: BadInput for a field, filter or address that cannot be.
    """
    width = os.get_terminal_size(1).columns if os.isatty(1) else None
    wish = Shown(options.form, options.fields, options.where, options.sort, width)
    sink: Sink = sink_for(usage, wish, stacks=stacks)
    if options.timings:
        sink = TimedSink(sink, timings)
    if not options.metrics:
        yield sink
        return
    from .output.exporter import Both, Exporter
    from .output.metrics.server import parse_address

    if not usage.metrics:
        raise BadInput("the program declares no metrics", where="--metrics")
    with closing(Exporter(usage, *parse_address(options.metrics))) as exporter:
        yield Both([sink, exporter])
