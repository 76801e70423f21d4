"""A program's own command line: what follows the package's name in `ecli run`, turned into bytes for its variables.

The options are those of the package's config; a variable that is not named keeps the bytes of its ELF file.
"""

from __future__ import annotations

import math
import os
import struct
import sys
from collections.abc import Iterator, Sequence

from ..schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, STRING, CType
from ..schemas.errors import BadInput
from ..schemas.program import Option, Usage
from .output.help import render_help
from .output.text import visible

__all__ = ["Setting", "encode", "parse_arguments", "render_help", "wants_help"]

ARGUMENT_LIMIT = 128 * 1024  # characters of one argument; Linux allows no more (MAX_ARG_STRLEN)
_NUMBER_LIMIT = 64  # characters of a number; 128 bits in binary digits would be longer, but nobody types them
_TRUE, _FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
_ON, _OFF = ("enable-",), ("no-", "disable-")  # before a boolean's name; the longer words are those of older ecli

Setting = tuple[str, int, bytes]


class _Help:
    """Stands for -h or --help among the options."""


def parse_arguments(arguments: Sequence[str], usage: Usage) -> list[Setting]:
    """Return (section, offset, bytes) for each variable that `arguments` set; the last word on a variable counts.

    Raises: BadInput, which names near matches of an unknown option.
    """
    settings: dict[tuple[str, int], bytes] = {}
    for option, text in _Scanner(arguments, usage).pairs():
        if isinstance(option, Option):
            settings[option.section, option.offset] = encode(option.type, text, where=f"--{option.long}")
    return [(section, offset, value) for (section, offset), value in settings.items()]


def wants_help(arguments: Sequence[str], usage: Usage) -> bool:
    """Tell whether -h or --help stands where an option may stand; the rest is not looked at. Raises: BadInput."""
    return any(isinstance(option, _Help) for option, _ in _Scanner(arguments, usage).pairs())


def encode(kind: CType, text: str, *, where: str) -> bytes:
    """Encode an argument as a value of a C type, exactly `kind.size` bytes. Raises: BadInput."""
    if kind.kind == STRING:
        return _text(kind, text, where)
    if kind.kind == BOOLEAN:
        return b"\1" if _boolean(text, where) else b"\0"
    if kind.kind == FLOAT:
        return _float(kind, text, where)
    if kind.kind == ARRAY and kind.item is not None:
        return _array(kind, kind.item, text, where)
    if kind.kind in (INTEGER, ENUM):
        number = dict(kind.values).get(text) if kind.kind == ENUM else None
        return _integer(kind, _number(kind, text, where) if number is None else number, where)
    raise BadInput(f"a {kind.kind} cannot be set on the command line", where=where)


class _Scanner:
    """Splits arguments as getopt_long(3) does: --long VALUE, --long=VALUE, -s VALUE, -sVALUE, clustered flags."""

    def __init__(self, arguments: Sequence[str], usage: Usage) -> None:
        self._left = list(reversed(arguments))
        self._longs = {_dashed(option.long): option for option in usage.options}
        self._shorts = {option.short: option for option in usage.options if option.short}

    def pairs(self) -> Iterator[tuple[Option | _Help, str]]:
        """Yield each option with its value."""
        while self._left:
            argument = self._left.pop()
            if len(argument) > ARGUMENT_LIMIT:
                raise BadInput(f"is longer than {ARGUMENT_LIMIT} characters", where="argument")
            if argument.startswith("--") and argument != "--":
                yield self._long(argument[2:])
            elif argument.startswith("-") and argument not in ("-", "--"):
                yield from self._short(argument[1:])
            elif argument != "--" or self._left:
                stray = argument if argument != "--" else self._left[-1]
                raise BadInput(
                    f"{visible(stray)!r} is not an option, and the program takes nothing else",
                    todo="--help lists its options",
                )

    def _long(self, argument: str) -> tuple[Option | _Help, str]:
        written, has_value, value = argument.partition("=")
        name = _dashed(written)
        option = self._longs.get(name)
        if option is None and name == "help":
            return _Help(), ""
        if option is None:
            return self._switch(name, written, has_value)
        if option.type.kind == BOOLEAN and not has_value:
            return option, "true"
        return option, value if has_value else self._value(f"--{option.long}")

    def _switch(self, name: str, written: str, has_value: str) -> tuple[Option, str]:
        for word in (*_ON, *_OFF):
            option = self._longs.get(name.removeprefix(word)) if name.startswith(word) else None
            if option is not None and option.type.kind == BOOLEAN:
                if has_value:
                    raise BadInput("takes no value", where=f"--{visible(written)}")
                return option, "true" if word in _ON else "false"
        raise self._unknown(f"--{written}")

    def _short(self, cluster: str) -> Iterator[tuple[Option | _Help, str]]:
        for place, letter in enumerate(cluster):
            option = self._shorts.get(letter)
            if option is None and letter == "h":
                yield _Help(), ""
            elif option is None:
                raise self._unknown(f"-{letter}")
            elif option.type.kind == BOOLEAN:
                yield option, "true"
            else:
                yield option, cluster[place + 1 :] or self._value(f"-{letter}")
                return

    def _value(self, name: str) -> str:
        if not self._left:
            raise BadInput("needs a value", where=name)
        return self._left.pop()

    def _unknown(self, written: str) -> BadInput:
        from difflib import get_close_matches

        known = [f"--{name}" for name in (*self._longs, "help")] + [f"-{letter}" for letter in self._shorts]
        near = get_close_matches(_dashed(written[:64]), known, n=3)
        todo = f"did you mean {' or '.join(near)}?" if near else "--help lists its options"
        return BadInput(f"{visible(written)} is not an option of this program", todo=todo)


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def _text(kind: CType, text: str, where: str) -> bytes:
    value = os.fsencode(text)
    if b"\0" in value:
        raise BadInput("must not hold a NUL", where=where)
    if len(value) > kind.size - 1:
        raise BadInput(f"has {len(value)} bytes; at most {kind.size - 1} fit", where=where)
    return value.ljust(kind.size, b"\0")


def _boolean(text: str, where: str) -> bool:
    if text.lower() not in (*_TRUE, *_FALSE):
        raise BadInput(f"{visible(text)!r} is neither true nor false", where=where)
    return text.lower() in _TRUE


def _float(kind: CType, text: str, where: str) -> bytes:
    try:
        value = float(text) if text.isascii() and len(text) <= _NUMBER_LIMIT else math.nan
        if math.isfinite(value):
            return struct.pack("=f" if kind.size == 4 else "=d", value)
    except (ValueError, OverflowError):
        pass
    raise BadInput(f"{visible(text[:_NUMBER_LIMIT])!r} is not a number of {8 * kind.size} bits", where=where)


def _array(kind: CType, item: CType, text: str, where: str) -> bytes:
    if item.kind not in (INTEGER, BOOLEAN, FLOAT, ENUM):
        raise BadInput(f"an array of {item.kind} cannot be set on the command line", where=where)
    parts = text.split(",") if text else []
    if len(parts) > kind.length:
        raise BadInput(f"has {len(parts)} values; at most {kind.length} fit", where=where)
    return b"".join(encode(item, part, where=where) for part in parts).ljust(kind.size, b"\0")


def _number(kind: CType, text: str, where: str) -> int:
    sign, digits = (text[0], text[1:]) if text[:1] in ("-", "+") else ("", text)
    try:
        if digits.isascii() and digits[:1].isdigit() and "_" not in digits and len(digits) <= _NUMBER_LIMIT:
            number = int(digits) if digits.isdigit() else int(digits, 0)
            return -number if sign == "-" else number
    except ValueError:
        pass
    names = f" nor one of {_names(kind)}" if kind.values else ""
    raise BadInput(f"{visible(text[:_NUMBER_LIMIT])!r} is not a whole number{names}", where=where)


def _integer(kind: CType, number: int, where: str) -> bytes:
    bits = 8 * kind.size
    low, high = (-(1 << bits - 1), (1 << bits - 1) - 1) if kind.signed else (0, (1 << bits) - 1)
    if kind.kind == ENUM and kind.values:
        if number not in dict(kind.values).values():
            raise BadInput(f"{number} is none of its values: {_names(kind)}", where=where)
    elif not low <= number <= high:
        raise BadInput(f"must be from {low} to {high}", where=where)
    return (number & ((1 << bits) - 1)).to_bytes(kind.size, sys.byteorder)


def _names(kind: CType) -> str:
    return ", ".join(visible(name) for name, _ in kind.values[:16])
