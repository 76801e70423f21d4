"""What one doc comment says: its text and its @commands (eunomia's @description and @sample, doxygen's @brief, …).

Commands are told apart here, with their lines; what those for maps and programs mean is in views.py, attach_points.py,
metrics.py. What is not supported is named, so that the build can say so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ....schemas.c_type import SHOWS
from ....schemas.codec import decode_json
from ....schemas.errors import BadInput
from ....schemas.fields import Fields

MAX_HELP_CHARS = 1024
MAX_LONG_CHARS = 64
MAX_VALUE_BYTES = 64 * 1024  # bytes of one command's JSON
PLAIN = "plain"  # @show plain: as the number or text that it is
_QUOTED = r'"(?:[^"\\\n]++|\\.)*"?'
_COMMAND = re.compile(rf"{_QUOTED}|(?<!\S)[@\\](\w+)")
_BRACKET = re.compile(rf"{_QUOTED}|([\[{{])|([\]}}])")
_LONG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TEXTS = frozenset({"description", "brief", "details", "version"})
_SILENT = frozenset({"note", "return", "returns", "author", "param", "tparam", "see", "copyright", "file"})
# Commands whose value is JSON or one word: its end is known, and text behind it is the description again.
_VALUES = frozenset(
    {"cmdarg", "event", "show", "sample", "metric", "attach", "intepreter", "interpreter"}
    | {"ifindex", "flags", "xdpopts", "tchook", "tcopts"}
)
_INLINE = _VALUES | {"description"}  # those that may begin inside a line, as clang has them
_KNOWN = _TEXTS | _SILENT | _VALUES

Default = int | float | str | bool


@dataclass(frozen=True, slots=True)
class CommandArgument:
    """`@cmdarg {"default": …, "long": …, "short": …, "help": …}`; everything in it may be left out."""

    default: Default | None = None
    long: str = ""
    short: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Command:
    """One `@name value`, the value in one line; `where` is its file and line."""

    name: str
    value: str
    where: str

    @property
    def place(self) -> str:
        """The command in its file, for messages."""
        return f"{self.where}: @{self.name}"

    def json(self) -> object:
        """The value. Raises: BadInput with file and line where it is not JSON."""
        if not self.value:
            raise BadInput("is without a value", where=self.place)
        return decode_json(self.value.encode(), limit=MAX_VALUE_BYTES, where=self.place)

    def fields(self, *names: str) -> Fields:
        """The value's fields, no others than `names`. Raises: BadInput where it is not such an object."""
        made = Fields(self.json(), self.place)
        made.only(*names)
        return made


@dataclass(frozen=True, slots=True)
class Doc:
    """A doc comment: text without a command is its description. `event` is the struct that `@event struct X` names.

    `commands` are all those with a value, in their order; one may be there several times.
    """

    description: str = ""
    brief: str = ""
    details: str = ""
    version: str = ""
    event: str = ""
    argument: CommandArgument | None = None
    commands: tuple[Command, ...] = ()
    unsupported: tuple[str, ...] = ()
    where: str = ""

    @property
    def help(self) -> str:
        """The text for people."""
        return (self.description or self.brief)[:MAX_HELP_CHARS]

    @property
    def summary(self) -> str:
        """What a package is, in one line: its brief description, and the details behind it."""
        brief = self.brief or self.description
        stop = "." if brief and self.details and brief[-1] not in ".:;!?。" else ""
        return f"{brief}{stop} {self.details}".strip()

    def all(self, *names: str) -> tuple[Command, ...]:
        """The commands of these names."""
        return tuple(item for item in self.commands if item.name in names)

    def last(self, *names: str) -> Command | None:
        """The last command of these names, which is the one that counts where only one can."""
        return next((item for item in reversed(self.commands) if item.name in names), None)


@dataclass(slots=True)
class _Entry:
    """A command that is being read: lines so far, and how many of its brackets are open."""

    name: str
    where: str
    lines: list[str] = field(default_factory=list)
    depth: int = 0

    def add(self, text: str) -> None:
        if text.strip():
            self.lines.append(text.strip())
        if self.name in _VALUES:
            self.depth += sum((found[1] is not None) - (found[2] is not None) for found in _BRACKET.finditer(text))

    @property
    def is_complete(self) -> bool:
        return self.name in _VALUES and bool(self.lines) and self.depth <= 0

    @property
    def text(self) -> str:
        return " ".join(self.lines)


def read_doc(comments: list[tuple[str, int]], *, file: str) -> Doc:
    """Read the comments (text and line) that stand before one name. Raises: BadInput with file and line."""
    if not comments:
        return Doc()
    entries = _entries(comments, file)
    texts: dict[str, str] = {}
    for entry in entries:  # the last one of a kind counts; text without a command is added to the description
        before = texts.get("description", "") if entry.name == "" else ""
        texts[entry.name or "description"] = f"{before} {entry.text}".strip()
    commands = tuple(Command(item.name, item.text, item.where) for item in entries if item.name in _VALUES)
    arguments = [item for item in commands if item.name == "cmdarg"]
    for item in commands:
        _check_word(item)
    return Doc(
        description=_unquoted(texts.get("description", "")),
        brief=texts.get("brief", ""),
        details=texts.get("details", ""),
        version=texts.get("version", ""),
        event=texts.get("event", "").removeprefix("struct").strip(),
        argument=_argument(arguments[-1]) if arguments else None,
        commands=commands,
        unsupported=tuple(dict.fromkeys(item.name for item in entries if item.name and item.name not in _KNOWN)),
        where=f"{file}:{comments[0][1]}",
    )


def _entries(comments: list[tuple[str, int]], file: str) -> list[_Entry]:
    made: list[_Entry] = []
    for number, line in ((start + index, line) for text, start in comments for index, line in enumerate(_lines(text))):
        where = f"{file}:{number}"
        for name, text in _pieces(line):
            if name:
                made.append(_Entry(name, where))
            elif not made or made[-1].is_complete or (not text.strip() and made[-1].name not in _VALUES):
                made.append(_Entry("", where))
            made[-1].add(text)
    return made


def _pieces(line: str) -> Iterator[tuple[str, str]]:
    """A line's commands and their text; the prose behind a name like `@version` inside a line is no command's."""
    name, at = "", 0
    first = len(line) - len(line.lstrip())
    for found in _COMMAND.finditer(line):
        if found[1] is None or (found[1] not in _INLINE and found.start() > first):
            continue
        if found.start() > first:
            yield name, line[at : found.start()]
        name, at = found[1], found.end()
    yield name, line[at:]


def _lines(comment: str) -> list[str]:
    if comment.startswith("///"):
        return [comment[3:].removeprefix("<")]
    inner = comment[3:-2].removeprefix("<")
    return [re.sub(r"^\s*\*(?!/)", "", line) for line in inner.split("\n")]


def _unquoted(text: str) -> str:
    """`@description "text"` is JSON to eunomia's compiler, and means the text."""
    if not (len(text) > 1 and text[0] == text[-1] == '"'):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text


def _check_word(command: Command) -> None:
    if command.name == "show" and command.value not in (*SHOWS, PLAIN):
        raise BadInput(
            f"{command.value[:64]!r} is no way to show a value",
            where=command.place,
            todo=f"It is one of: {', '.join((*SHOWS, PLAIN))}",
        )


def _argument(command: Command) -> CommandArgument:
    fields = command.fields("default", "long", "short", "help")
    default = fields.raw("default")
    if default is not None and not isinstance(default, int | float | str | bool):
        raise BadInput("must be a number, text, true or false", where=fields.at("default"))
    long = fields.text("long", limit=MAX_LONG_CHARS, default="")
    if long and not _LONG.fullmatch(long):
        raise BadInput(f"{long!r} is not the name of an option", where=fields.at("long"))
    short = fields.text("short", limit=1, default="")
    if short and not (short.isascii() and short.isalnum()):
        raise BadInput(f"{short!r} is not a letter or digit", where=fields.at("short"))
    return CommandArgument(default, long, short, fields.text("help", limit=MAX_HELP_CHARS, default=""))
