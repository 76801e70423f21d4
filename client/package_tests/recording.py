"""Output for people to see before they run a package: recorded from a run of its own test, here and now.

Only what the test expects is shown, by its own filter: what else happens on the author's machine is nobody's business.
"""

from __future__ import annotations

import json
import select
import shlex
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from ...schemas.digest import Digest
from ...schemas.errors import BadInput, NotFound
from ...schemas.example import MAX_LINE_CHARS, MAX_OUTPUT_CHARS, MAX_OUTPUT_LINES, Example
from ...schemas.package_tests import Expected, PackageTest
from ..architecture import own_architecture
from ..builder.project import EXAMPLE_FILE
from ..home import Home
from ..loader.kernel import Kernel
from ..output.text import visible
from ..settings import Settings
from .here import interruptible
from .subject import Subject
from .trial.processes import end_descendants
from .trial.running import Running
from .trial.trigger import Trigger

if TYPE_CHECKING:
    from ..programs import Program

MAX_EVENTS = 6  # rows of a table, below its head
_TICK_SECONDS = 0.03


def record_example(subject: Subject, folder: Path, *, home: Home, settings: Settings, now: int) -> Example:
    """Run the first fitting test of a subject, and write what it printed to the project's example.json.

    After a successful run of the tests, in the same process. Raises: NotFound without a fitting test; BadInput where
    nothing was printed; StorageFailed.
    """
    from ...federation.files import write_durably

    test = _fitting(subject.tests)
    with interruptible(), tempfile.TemporaryDirectory(prefix="ecli-test-") as place:
        output = _printed(subject.program, test, Path(place), home, settings)
    code = subject.program.bpf_object or subject.program.wasm or b""
    made = Example(
        _command(subject.program.config.name, test),
        test.trigger,
        output,
        f"Linux {Kernel().version}",
        own_architecture(),
        now,
        str(Digest.of(code)),
    )
    write_durably((folder / EXAMPLE_FILE).absolute(), (json.dumps(made.to_json(), indent=2) + "\n").encode())
    return made


def _fitting(tests: tuple[PackageTest, ...]) -> PackageTest:
    for test in tests:
        if any(_shows(item) for item in test.expect):
            return test
    raise NotFound("no test expects output of the program", where="--record", todo="Name one that does.")


def _shows(item: Expected) -> bool:
    return bool(item.times) and not item.said


def _filter(test: PackageTest) -> str:
    """What the test expects, in the language of --filter; empty where that cannot be said in it."""
    item = next(item for item in test.expect if _shows(item))
    parts = [f"({item.filter})" if item.fields and item.filter else item.filter] if item.filter else []
    for name, value in item.fields:
        if isinstance(value, bool) or (isinstance(value, str) and ("'" in value or not value.isprintable())):
            continue
        parts.append(f"{name} == '{value}'" if isinstance(value, str) else f"{name} == {value}")
    return " and ".join(parts)


def _command(name: str, test: PackageTest) -> str:
    kept = _filter(test)
    plain = not set('"$`\\!') & set(kept)
    last = f' --filter "{kept}"' if plain else f" --filter {shlex.quote(kept)}"
    return shlex.join(["ecli", "run", name, *test.options]) + (last if kept else "")


def _printed(program: Program, test: PackageTest, folder: Path, home: Home, settings: Settings) -> str:
    """What the program prints while the test's trigger runs, until there is enough, or its time is over."""
    trigger = Trigger(test.trigger, folder, lambda _: None)
    has_head = bool(program.config.usage.events) and program.wasm is None
    enough = 1 + MAX_EVENTS if has_head else MAX_OUTPUT_LINES
    text, end = b"", time.monotonic() + test.timeout
    try:
        with Running(program, test, home, settings, shown=_filter(test)) as running:
            while not running.ended() and time.monotonic() < end and text.count(b"\n") < enough:
                select.select([*running.descriptors, *trigger.descriptors], [], [], _TICK_SECONDS)
                text = (text + running.read()[1])[: 4 * MAX_OUTPUT_CHARS]
                trigger.step(running.pid)
            said = running.said
    finally:
        trigger.end()
        end_descendants()
    output = _excerpt(text, enough)
    if output.count("\n") < has_head or not output:
        reason = visible(said.decode("utf-8", "replace").strip().rpartition("\n")[2])[:300]
        raise BadInput(f"printed nothing{': ' if reason else ''}{reason}", where=f"test {test.name}")
    return output


def _excerpt(text: bytes, most: int) -> str:
    """The first lines, each cut, without what does not print."""
    lines = [visible(line.expandtabs()).rstrip() for line in text.decode("utf-8", "replace").split("\n")]
    kept = [line if len(line) <= MAX_LINE_CHARS else f"{line[: MAX_LINE_CHARS - 1]}…" for line in lines]
    while len("\n".join(kept)) > MAX_OUTPUT_CHARS or len(kept) > most:
        kept.pop()
    return "\n".join(kept).strip("\n")
