"""What one doc comment says: its text and its @commands (eunomia's @description and @cmdarg, doxygen's @brief, …).

What is not supported is named, so that the build can say so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput
from ...schemas.fields import Fields

MAX_HELP_CHARS = 1024
MAX_LONG_CHARS = 64
_COMMAND = re.compile(r"\s*[@\\](\w+)[ \t]*(.*)")
_LONG = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_TEXTS = frozenset({"description", "brief", "details", "version"})
_SILENT = frozenset({"note", "return", "returns", "author", "param", "tparam", "see", "copyright", "file"})
_KNOWN = _TEXTS | _SILENT | {"cmdarg", "event"}

Default = int | float | str | bool


@dataclass(frozen=True, slots=True)
class CommandArgument:
    """`@cmdarg {"default": …, "long": …, "short": …, "help": …}`; everything in it may be left out."""

    default: Default | None = None
    long: str = ""
    short: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class Doc:
    """A doc comment: text without a command is its description. `event` is the struct that `@event struct X` names."""

    description: str = ""
    brief: str = ""
    details: str = ""
    version: str = ""
    event: str = ""
    argument: CommandArgument | None = None
    unsupported: tuple[str, ...] = ()
    where: str = ""

    @property
    def help(self) -> str:
        """The text for people."""
        return (self.description or self.brief)[:MAX_HELP_CHARS]


@dataclass(slots=True)
class _Draft:
    texts: dict[str, list[str]] = field(default_factory=dict)
    unsupported: list[str] = field(default_factory=list)


def read_doc(comments: list[tuple[str, int]], *, file: str) -> Doc:
    """Read the comments (text and line) that stand before one name. Raises: BadInput with file and line."""
    if not comments:
        return Doc()
    where = f"{file}:{comments[0][1]}"
    draft = _Draft()
    command = "description"
    for line in (line for text, _ in comments for line in _lines(text)):
        found = _COMMAND.fullmatch(line)
        if found:
            command = found[1]
            draft.texts[command] = [found[2].strip()]  # the last one of a kind counts
            if command not in _KNOWN:
                draft.unsupported.append(command)
            continue
        if not line.strip() and command != "cmdarg":
            command = "description"
        draft.texts.setdefault(command, []).append(line.strip())
    texts = {name: " ".join(filter(None, lines)) for name, lines in draft.texts.items()}
    return Doc(
        description=texts.get("description", ""),
        brief=texts.get("brief", ""),
        details=texts.get("details", ""),
        version=texts.get("version", ""),
        event=texts.get("event", "").removeprefix("struct").strip(),
        argument=_argument(texts["cmdarg"], where) if "cmdarg" in texts else None,
        unsupported=tuple(dict.fromkeys(draft.unsupported)),
        where=where,
    )


def _lines(comment: str) -> list[str]:
    if comment.startswith("///"):
        return [comment[3:].removeprefix("<")]
    inner = comment[3:-2].removeprefix("<")
    return [re.sub(r"^\s*\*(?!/)", "", line) for line in inner.split("\n")]


def _argument(text: str, where: str) -> CommandArgument:
    fields = Fields(decode_json(text.encode(), limit=65536, where=f"{where}: @cmdarg"), f"{where}: @cmdarg")
    fields.only("default", "long", "short", "help")
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
