"""The quick way of `ecli run`: an installed package is run by its plan, as fast as a compiled tool starts.

Everything that decides is elsewhere; without a plan that holds, the slow way does the same. Imports stay few: a test
lists those that are allowed.
"""

from __future__ import annotations

import gc
import os
import sys

from ..schemas.c_type import CType, Member
from ..schemas.errors import HubError
from ..schemas.named import TYPE_CHECKING
from ..schemas.program import EventStream, Usage
from .local_files import digest
from .plan import Plan, find_plan

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .loader.sink import Sink
    from .loader.target import Target

MAX_OBJECT_BYTES = 16 * 1024 * 1024


def run_planned(home: str, words: Sequence[str]) -> int | None:
    """Run a command line by its plan, of the state in `home`; returns the exit code, or None without one that holds."""
    plan = find_plan(home, words) if home and words else None
    if plan is None or os.environ.get("BTF_FILE_PATH"):
        return None
    elf = _object(plan)
    if elf is None:
        return None
    try:
        _run(plan, elf)
    except HubError as error:
        from .failure import report

        return report(error)
    except KeyboardInterrupt:
        return 130
    return 0


def _object(plan: Plan) -> bytes | None:
    """The bytes that were verified; None when they are others now."""
    try:
        with open(plan.program, "rb") as file:  # noqa: PTH123 — pathlib is not on the quick path
            data = file.read(MAX_OBJECT_BYTES + 1)
    except OSError:
        return None
    return data if digest(data) == plan.object_digest else None


def _run(plan: Plan, elf: bytes) -> None:
    from .loader.session import run_program
    from .loader.tracefs import provide_tracefs

    if plan.said:
        sys.stderr.write("\n".join(plan.said) + "\n")
    provide_tracefs()
    usage = usage_of(plan.streams)
    run_program(
        elf,
        plan.name,
        usage,
        plan.settings,
        sink=_sink(plan, usage.events),
        targets=_targets(plan),
        max_events=plan.max_events,
        timeout=plan.timeout,
        tell=lambda line: sys.stderr.write(f"ecli: {line}\n"),
        btf_path=plan.types,
        began=lambda _: _began(plan),
    )


def _began(plan: Plan) -> None:
    """What remains to be done once everything is attached."""
    gc.freeze()  # what the start has made stays: no collection needs to look at it
    gc.enable()
    if plan.drop:
        from .loader.privileges import drop_privileges

        drop_privileges()


def _targets(plan: Plan) -> dict[str, Target]:
    if not plan.targets:
        return {}
    from .loader.target import Target

    return {program: Target(*fields) for program, fields in plan.targets}


def _sink(plan: Plan, streams: Sequence[EventStream]) -> Sink:
    if plan.form == "json":
        from .output.lines import JsonLines

        return JsonLines(streams)
    from .output.table import Table

    return Table(streams, width=os.get_terminal_size(1).columns if os.isatty(1) else None)


def plain(usage: Usage) -> tuple[Any, ...]:
    """The event streams of a usage as nested tuples of plain values, as a plan holds them."""
    return tuple((stream.map, stream.transport, _plain_type(stream.type)) for stream in usage.events)


def usage_of(streams: tuple[Any, ...]) -> Usage:
    """The other way round."""
    return Usage(events=tuple(EventStream(name, transport, _type(kind)) for name, transport, kind in streams))


def _plain_type(kind: CType) -> tuple[Any, ...]:
    item = None if kind.item is None else _plain_type(kind.item)
    members = tuple((*member[:2], _plain_type(member.type), *member[3:]) for member in kind.members)
    return tuple(kind._replace(item=item, members=members))  # type: ignore[arg-type]


def _type(fields: tuple[Any, ...]) -> CType:
    made = CType(*fields)
    item = None if made.item is None else _type(made.item)
    members = tuple(Member(name, at, _type(kind), *more) for name, at, kind, *more in made.members)
    return made._replace(item=item, members=members)
