"""Plans: what was decided about one command line, so that the same words start at once the next time.

The slow way (launch.py) finds, verifies, asks and fits; when all that came out well for an installed package, its
outcome is written down here, with the state of every file that had a part in it. The quick way (quick.py) believes a
plan only while none of these files has changed, the kernel is the same, and the log's word is young enough; it hashes
what it loads again. Whoever could write a plan could as well write a receipt: the same ownership is demanded of both.

marshal, because reading JSON costs more than loading a BPF program; a plan is as local as the .pyc files beside it.
On the quick path: imports stay few.
"""

from __future__ import annotations

import marshal
import os
import time

from ..schemas.named import TYPE_CHECKING, NamedTuple
from .kernel_types.cached import kernel_digest
from .local_files import digest, read_whole, state_of, write_whole

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from .local_files import State

FORMAT = 1
MAX_PLAN_BYTES = 4 * 1024 * 1024
MAX_KEPT = 64  # plans; the oldest go first
_CLOCK_SECONDS = 600  # that a clock may have been set back


class Plan(NamedTuple):
    """One run: what is said first, what is loaded and how, where its records go. Only plain values and tuples.

    `program` is a path, `object_digest` the SHA-256 of its bytes. `streams` are (map, transport, type), with types as
    nested tuples of schemas/c_type.py. `targets` are (program, fields of a Target). `form` is "table" or "json".
    `drop`: no privilege is needed once everything is attached.
    """

    said: tuple[str, ...]
    name: str
    program: str
    object_digest: str
    settings: tuple[tuple[str, int, bytes], ...]
    streams: tuple[Any, ...]
    targets: tuple[tuple[str, tuple[Any, ...]], ...]
    form: str
    max_events: int | None
    timeout: float | None
    types: str
    drop: bool


def find_plan(home: str, words: Sequence[str]) -> Plan | None:
    """The plan of a command line, if it still holds; None when the slow way must be taken."""
    data = read_whole(_path(home, words), MAX_PLAN_BYTES)
    if data is None:  # damage included, which marshal does not survive
        return None
    try:
        version, kernel, young, old, inputs, fields = marshal.loads(data)  # noqa: S302 — see above
        if version != _version() or kernel != kernel_digest() or not old - _CLOCK_SECONDS <= time.time() <= young:
            return None
        if any(state_of(name) != state for name, state in inputs):
            return None
        return Plan(*fields)
    except (OSError, ValueError, TypeError, EOFError):
        return None


def keep_plan(home: str, words: Sequence[str], plan: Plan, *, inputs: Sequence[str], until: int) -> None:
    """Write a plan down; where that is not possible, nothing is lost but time.

    `inputs` are the files that had a part in it, those that are absent too; `until` is when it ends (Unix seconds).
    """
    states = tuple((name, state_of(name)) for name in inputs)
    data = marshal.dumps((_version(), kernel_digest(), until, int(time.time()), states, plan[:]))
    try:
        write_whole(_path(home, words), data)
        _forget_old(f"{home}/plans")
    except OSError:
        return


def _version() -> tuple[int, State | None]:
    """This program's own: a plan of another installation is worth nothing."""
    return FORMAT, state_of(__file__)


def _path(home: str, words: Sequence[str]) -> str:
    return f"{home}/plans/{digest(chr(0).join(words).encode('utf-8', 'surrogateescape'))[:32]}"


def _forget_old(folder: str) -> None:
    with os.scandir(folder) as entries:
        dated = sorted((item.stat().st_mtime_ns, item.path) for item in entries)
    for _, path in dated[:-MAX_KEPT]:
        os.unlink(path)  # noqa: PTH108
