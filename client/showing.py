"""The sink of a run, as the command line asks for it: table, JSON or CSV, and metrics beside it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ..schemas.errors import BadInput
from ..schemas.program import Usage
from .loader.session import Sink
from .output.shown import Shown, sink_for
from .run_options import RunOptions
from .timings import TimedSink, Timings


@contextmanager
def showing(usage: Usage, options: RunOptions, timings: Timings) -> Iterator[Sink]:
    """Give the sink for the length of a run. Raises: BadInput for a field, filter or address that cannot be."""
    width = os.get_terminal_size(1).columns if os.isatty(1) else None
    wish = Shown(options.form, options.fields, options.where, options.sort, width)
    sink: Sink = sink_for(usage, wish)
    if options.timings:
        sink = TimedSink(sink, timings)
    if not options.metrics:
        yield sink
        return
    from .output.exporter import Both, Exporter

    if not usage.metrics:
        raise BadInput("the program declares no metrics", where="--metrics")
    with closing(Exporter(usage, *_address(options.metrics))) as exporter:
        yield Both([sink, exporter])


def _address(text: str) -> tuple[str, int]:
    """Host and port of HOST:PORT; [HOST]:PORT for IPv6. Raises: BadInput."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit() and len(port) < 6 and int(port) < 65536):
        raise BadInput(f"{text[:80]!r} is not HOST:PORT", where="--metrics", todo="For example 127.0.0.1:9435")
    return host, int(port)
