"""Run the benchmarks: all rows, or those named on the command line (`python -P -m ebpfhub.bench S1 S3`)."""

from __future__ import annotations

import datetime
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from ..client.loader.tracefs import provide_tracefs
from . import (
    answer_size,
    blobs,
    build,
    first_event,
    first_sync,
    guests,
    memory,
    names,
    news,
    pulls,
    pushes,
    replay,
    search,
    size,
    storm,
    verification,
)
from .measure import Row
from .peers import install, versions
from .stage import Stage

RESULTS = Path(__file__).with_name("RESULTS.md")
ROWS: dict[str, Callable[[Stage], list[Row]]] = {
    "S1": first_event.installed,
    "S2": first_event.first_run,
    "S3": storm.rows,
    "S3g": guests.rows,
    "S4": verification.rows,
    "S5": size.rows,
    "S6": build.rows,
    "H1": blobs.small,
    "H2": blobs.big,
    "H3": names.rows,
    "H4": pushes.rows,
    "H5": search.rows,
    "F1": replay.rows,
    "F2": news.rows,
    "F3": pulls.rows,
    "F4": answer_size.rows,
    "F5": first_sync.rows,
    "G1": memory.rows,
}


def main() -> None:
    """Measure, print the table, and write it down when all rows were measured."""
    wanted = sys.argv[1:] or list(ROWS)
    unknown = [name for name in wanted if name not in ROWS]
    if unknown:
        sys.exit(f"there is no row {unknown[0]}; there are {', '.join(ROWS)}")
    install()
    provide_tracefs()  # the peers do not mount it
    made: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="ebpfhub-bench-") as folder, Stage.make(Path(folder)) as stage:
        for name in wanted:
            print(f"measuring {name} …", file=sys.stderr)
            found = ROWS[name](stage)
            made += found
            for row in found:
                print(row.line(), file=sys.stderr)
    text = table(made)
    print(text)
    if not sys.argv[1:]:
        RESULTS.write_text(document(text))


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| # | what | ours | peers, same run | ratio | target | |", "| --- | --- | --- | --- | --- | --- | --- |"]
    lines += [row.line() for row in rows]
    return "\n".join(lines)


def document(text: str) -> str:
    """RESULTS.md: the table, and on what it was measured."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    machine = f"{os.cpu_count()} processors, {platform.machine()}, Linux {platform.release()}"
    return (
        "# Results of `make bench`\n\n"
        f"Measured on {today}: {machine}, Python {platform.python_version()}. {versions()}.\n\n"
        "Every figure is the median of several runs that alternate with the peer's; load of the machine moves both.\n"
        f"\n{text}\n"
    )


if __name__ == "__main__":
    main()
