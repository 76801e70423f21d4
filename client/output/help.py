"""The help text of a packaged program, made from its config: how it is called, its options, what its events hold."""

from __future__ import annotations

from collections.abc import Sequence

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, POINTER, STRING, CType
from ...schemas.program import EventStream, Option, Usage
from .decode import Decoder
from .text import columns, visible
from .things import labels

_LEAST_WIDTH, _MOST_WIDTH = 40, 100  # columns
_LEFT_LIMIT = 34  # columns of the widest option that its help stands beside
_SAMPLES = {INTEGER: "1234", FLOAT: "0.5", STRING: "TEXT", BOOLEAN: ""}


def render_help(
    name: str,
    version: str,
    description: str,
    usage: Usage,
    width: int = 80,
    *,
    attaching: Sequence[tuple[str, str]] = (),
) -> str:
    """Return the help text, in lines of at most `width` columns where words allow it.

    `attaching` are rows of further options: (how it is written, what it does).
    """
    width = min(max(width, _LEAST_WIDTH), _MOST_WIDTH)
    name = visible(name)
    parts = [[f"{name} {visible(version)}".rstrip()]]
    if description:
        parts[0] += _wrapped(description, width)
    parts.append(["USAGE", f"  ecli run {name} [OPTIONS]"])
    parts.append(["OPTIONS", *_listed([_option_row(option) for option in usage.options] + [_help_row(usage)], width)])
    if attaching:
        parts.append(["WHERE TO ATTACH", *_listed(list(attaching), width)])
    parts.append(["EXAMPLES", *(f"  ecli run {name}{example}" for example in _examples(usage))])
    for stream, label in zip(usage.events, labels(usage.events), strict=True):
        title = "EVENTS" if len(usage.events) == 1 else f"EVENTS {visible(label)}"
        parts.append([title, *_listed(_event_rows(stream), width)])
    return "\n\n".join("\n".join(lines) for lines in parts) + "\n"


def type_word(kind: CType) -> str:
    """Name a C type in one or a few words: u32, text of up to 15 bytes, A|B."""
    if kind.kind == INTEGER:
        return f"{'s' if kind.signed else 'u'}{8 * kind.size}"
    if kind.kind == STRING:
        return f"text of up to {max(kind.size - 1, 0)} bytes"
    if kind.kind == ENUM and kind.values:
        return "|".join(visible(name) for name, _ in kind.values[:8]) + ("|…" if len(kind.values) > 8 else "")
    if kind.kind == ARRAY and kind.item is not None:
        return f"{kind.length} of {type_word(kind.item)}"
    return {POINTER: "address", BOOLEAN: "true or false", FLOAT: f"f{8 * kind.size}"}.get(kind.kind, kind.kind)


def _option_row(option: Option) -> tuple[str, str]:
    short = f"-{visible(option.short)}, " if option.short else "    "
    value = "" if option.type.kind == BOOLEAN else f" {_metavar(option)}"
    notes = [visible(option.help)] if option.help else []
    if option.type.kind != BOOLEAN:
        notes.append(f"({type_word(option.type)})")
    if option.default is not None and option.default is not False and option.default != "":
        default = "true" if option.default is True else visible(str(option.default))
        notes.append(f"[default: {default}]")
    if option.default is True:
        notes.append(f"--no-{visible(option.long)} turns it off")
    return f"{short}--{visible(option.long)}{value}", " ".join(notes)


def _metavar(option: Option) -> str:
    return {INTEGER: "N", FLOAT: "X", STRING: "TEXT", ENUM: "NAME", ARRAY: "N,N,…"}.get(option.type.kind, "VALUE")


def _help_row(usage: Usage) -> tuple[str, str]:
    taken = any(option.short == "h" for option in usage.options)
    return ("    --help" if taken else "-h, --help"), "Show this text"


def _examples(usage: Usage) -> list[str]:
    """Return the bare call, and one with the first option that has a short name, or else the first."""
    chosen = sorted((option for option in usage.options if option.type.kind != ARRAY), key=lambda one: not one.short)
    if not chosen:
        return [""]
    option = chosen[0]
    sample = option.type.values[0][0] if option.type.values else _SAMPLES.get(option.type.kind, "VALUE")
    flag = f"-{option.short}" if option.short else f"--{option.long}"
    return ["", visible(f" {flag} {sample}".rstrip())]


def _event_rows(stream: EventStream) -> list[tuple[str, str]]:
    helps = {member.name: member.help for member in stream.type.members}
    rows = []
    for field in Decoder(stream.type).fields:
        note = visible(helps.get(field.name, ""))
        rows.append((visible(field.name), f"{note} ({type_word(field.type)})".strip()))
    return rows


def _listed(rows: list[tuple[str, str]], width: int) -> list[str]:
    """Set rows in two columns; a left side that is too wide stands on a line of its own."""
    left = min(max((columns(head) for head, _ in rows), default=0), _LEFT_LIMIT)
    lines = []
    for head, text in rows:
        body = _wrapped(text, max(width - left - 4, 16))
        if columns(head) > left or not body:
            lines.append(f"  {head}")
            first = ""
        else:
            first = f"  {head}{' ' * (left - columns(head))}  {body.pop(0)}"
            lines.append(first)
        lines += [" " * (left + 4) + line for line in body]
    return lines


def _wrapped(text: str, width: int) -> list[str]:
    """Break text at blanks and line ends into lines of at most `width` columns; a longer word keeps its length."""
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in visible(paragraph.replace("\t", " ")).split():
            if line and columns(line) + 1 + columns(word) > width:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".lstrip()
        lines.append(line)
    return lines
