"""Output that a package's author recorded from a run of its own test (docs/decisions, recorded-output). Shapes only.

Who made it vouches for it by signing the package; `object` tells of which code it is.
"""

from __future__ import annotations

from .errors import BadInput
from .named import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from .fields import Fields

MAX_OUTPUT_LINES = 24
MAX_LINE_CHARS = 240
MAX_OUTPUT_CHARS = 4096
MAX_COMMAND_CHARS = 4096
MAX_WORD_CHARS = 128


class Example(NamedTuple):
    """What `command` printed while `trigger` ran, on which kernel, when (Unix seconds), by which object or module."""

    command: str
    trigger: str
    output: str
    kernel: str
    architecture: str
    time: int
    object: str

    @classmethod
    def read(cls, fields: Fields) -> Example:
        """Read an example; its output is lines without control characters. Raises: BadInput."""
        made = cls(
            fields.text("command", limit=MAX_COMMAND_CHARS),
            fields.text("trigger", limit=MAX_COMMAND_CHARS, default=""),
            fields.text("output", limit=MAX_OUTPUT_CHARS),
            fields.text("kernel", limit=MAX_WORD_CHARS),
            fields.text("architecture", limit=MAX_WORD_CHARS),
            fields.integer("time", high=2**40),
            str(fields.digest("object")),
        )
        lines = made.output.split("\n")
        if len(lines) > MAX_OUTPUT_LINES or max(map(len, lines)) > MAX_LINE_CHARS:
            raise BadInput(
                f"has more than {MAX_OUTPUT_LINES} lines, or one of more than {MAX_LINE_CHARS} characters",
                where=fields.at("output"),
            )
        if not all(line.isprintable() for line in (*lines, made.command, made.kernel, made.architecture)):
            raise BadInput("holds characters that do not print", where=fields.where)
        return made

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without empty fields."""
        return {name: value for name, value in self._asdict().items() if value != ""}
