"""A package's own tests, as its config has them: what causes something, and what the program must then have seen.

Shapes only. `ecli test` runs them (client/package_tests), and nothing else does. A trigger is a command of the
package's author, so it is shown before it runs.
"""

from __future__ import annotations

import re

from .errors import BadInput
from .named import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from .fields import Fields

MAX_TESTS = 64
MAX_TEST_NAME_CHARS = 64
MAX_TRIGGER_CHARS = 4096
MAX_EXPECTED = 16  # of one test
MAX_EXPECTED_FIELDS = 32
MAX_PATTERN_CHARS = 1024  # of a filter, a line, a field's text
MAX_WORDS = 32  # options, permissions or needs of one test
MAX_WORD_CHARS = 256
MAX_TIMES = 1_000_000
DEFAULT_SECONDS, MAX_SECONDS = 20, 300
COMMAND, KERNEL, FILE = "command", "kernel", "file"
NEEDS = (COMMAND, KERNEL, FILE)
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")

Scalar = int | float | str | bool


class Expected(NamedTuple):
    """What must be seen at least `times` times; with 0, what must not be seen.

    Events, or rows of a viewed map at one look: those that `filter` keeps (the language of `ecli run --filter`), whose
    `fields` are those that `ecli run --json` prints. Else a `line` of the program's own text, or one that the trigger
    `said`: patterns with * ? [a-z] for a whole line.
    """

    filter: str = ""
    fields: tuple[tuple[str, Scalar], ...] = ()
    line: str = ""
    said: str = ""
    times: int = 1

    @classmethod
    def read(cls, fields: Fields) -> Expected:
        """Read what is expected. Raises: BadInput."""
        made = cls(
            fields.text("filter", limit=MAX_PATTERN_CHARS, default=""),
            _scalars(fields),
            fields.text("line", limit=MAX_PATTERN_CHARS, default=""),
            fields.text("said", limit=MAX_PATTERN_CHARS, default=""),
            fields.integer("times", high=MAX_TIMES, default=1),
        )
        if sum(map(bool, (made.filter or made.fields, made.line, made.said))) != 1:
            raise BadInput("must have a filter, fields, or both; or a line; or what is said", where=fields.where)
        return made

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without what is as usual."""
        made: dict[str, Any] = {name: getattr(self, name) for name in ("filter", "line", "said") if getattr(self, name)}
        if self.fields:
            made["fields"] = dict(self.fields)
        return made | ({"times": self.times} if self.times != 1 else {})


class PackageTest(NamedTuple):
    """One test: `ecli run` with these `options`, while the shell script `trigger` runs again and again.

    `exit` is the code that the program ends with by itself; None where it need not end. `allow` are permissions as for
    `ecli run --allow`. `needs` are words such as `command:nc`, `kernel:5.15`, `file:/dev/kvm`; with `optional` it is no
    failure that a kernel lacks what the program or the test needs. `timeout` is in seconds, from the attachment on.
    """

    name: str
    options: tuple[str, ...] = ()
    trigger: str = ""
    expect: tuple[Expected, ...] = ()
    exit: int | None = None
    allow: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    optional: bool = False
    timeout: int = DEFAULT_SECONDS

    @classmethod
    def read(cls, fields: Fields) -> PackageTest:
        """Read a test. Raises: BadInput."""
        made = cls(
            fields.text("name", limit=MAX_TEST_NAME_CHARS),
            _words(fields, "options"),
            fields.text("trigger", limit=MAX_TRIGGER_CHARS, default=""),
            tuple(Expected.read(item) for item in fields.maps("expect", limit=MAX_EXPECTED, default=[])),
            fields.integer("exit", high=255) if fields.has("exit") else None,
            _words(fields, "allow"),
            _words(fields, "needs"),
            fields.boolean("optional", default=False),
            fields.integer("timeout", low=1, high=MAX_SECONDS, default=DEFAULT_SECONDS),
        )
        if not _NAME.fullmatch(made.name):
            raise BadInput("must be words of a-z and 0-9, joined by - . or _", where=fields.at("name"))
        if "\0" in made.trigger or any("\0" in word for word in (*made.options, *made.needs)):
            raise BadInput("must not hold a NUL", where=fields.where)
        if made.exit is None and not any(item.times for item in made.expect):
            raise BadInput("expects nothing: name what must come, or an exit code", where=fields.at("expect"))
        return made

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without what is as usual."""
        made: dict[str, Any] = {"name": self.name}
        lists = {name: list(getattr(self, name)) for name in ("options", "allow", "needs")}
        lists["expect"] = [item.to_json() for item in self.expect]
        made |= {name: items for name, items in lists.items() if items}
        for name in ("trigger", "exit", "optional", "timeout"):
            if getattr(self, name) != self._field_defaults[name]:
                made[name] = getattr(self, name)
        return made


def read_tests(fields: Fields) -> tuple[PackageTest, ...]:
    """Read the tests of a config, each with a name of its own. Raises: BadInput."""
    tests = tuple(PackageTest.read(item) for item in fields.maps("tests", limit=MAX_TESTS, default=[]))
    names = [test.name for test in tests]
    for index, name in enumerate(names):
        if name in names[:index]:
            raise BadInput(f"two tests have the name {name}", where=fields.at("tests"))
    return tests


def _words(fields: Fields, name: str) -> tuple[str, ...]:
    return tuple(fields.texts(name, count=MAX_WORDS, limit=MAX_WORD_CHARS, default=[]))


def _scalars(fields: Fields) -> tuple[tuple[str, Scalar], ...]:
    """The wanted fields: names to numbers, texts, true or false."""
    value, where = fields.raw("fields"), fields.at("fields")
    if value is None:
        return ()
    if not isinstance(value, dict) or len(value) > MAX_EXPECTED_FIELDS:
        raise BadInput(f"must be a map of at most {MAX_EXPECTED_FIELDS} fields", where=where)
    for name, item in value.items():
        if len(name) > MAX_WORD_CHARS or not isinstance(item, int | float | str):
            raise BadInput("must map names to numbers, texts, true or false", where=where)
        if isinstance(item, str) and len(item) > MAX_PATTERN_CHARS:
            raise BadInput(f"holds a text of more than {MAX_PATTERN_CHARS} characters", where=where)
    return tuple(sorted(value.items()))
