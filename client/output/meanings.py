"""What a field's bytes mean to people beyond their C type (SHOWS in schemas/c_type.py): what is shown for a number.

Tables show the meaning. JSON and CSV take it for addresses of networks, ports and stacks; other numbers stay numbers.
Imported only where a type says that it means something.
"""

from __future__ import annotations

import sys

from ...schemas.c_type import ARRAY, BOOLEAN, ENUM, INTEGER, POINTER, STRING, STRUCT
from ...schemas.named import TYPE_CHECKING, NamedTuple
from .decode import Field
from .quantities import clock_time, duration, size
from .system_names import errno_name, errno_number, open_flags, signal_name, signal_number, syscall_name, syscall_number
from .text import decoded, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    Stacks = Callable[[int], bytes]  # an id in a stack trace map -> its addresses; OSError or empty where it has none

_FAMILIES, _PROCESSES = ("family", "af"), ("tgid", "pid")  # fields beside one that say how to read it: the first there


class Meaning(NamedTuple):
    """How values of one field are shown. Functions take the raw value, then those of the fields of numbers `beside`.

    `text` is for people. `value` is for filters, sorting, metrics, JSON, CSV: a text if `textual`; None: the raw one.
    `most` is how many columns a text takes, `least` how many it must get; `middle`: it is cut there. `right`: it stands
    right, and is never cut. `often`: values come again, so texts are worth remembering. `frames` makes lines below the
    event, of a stack. `number` reads a name as people write it: SIGKILL, ENOENT.
    """

    text: Callable[..., str]
    value: Callable[..., Any] | None = None
    textual: bool = False
    most: int = 16
    least: int = 8
    right: bool = False
    middle: bool = False
    often: bool = True
    beside: tuple[int, ...] = ()
    frames: Callable[..., list[str]] | None = None
    number: Callable[[str], int | None] | None = None


def meanings(fields: Sequence[Field], stacks: Stacks | None = None) -> list[Meaning | None]:
    """Return each field's meaning; None where it has none, or where its type does not fit what it is said to mean."""
    return [_meaning(field, fields, stacks) for field in fields]


def _meaning(field: Field, fields: Sequence[Field], stacks: Stacks | None) -> Meaning | None:
    if not field.show:
        return None
    if field.show in ("kernel-stack", "user-stack"):
        return _stack(field, fields, stacks)
    if field.show in ("ip", "mac", "hex") and (made := _bytes(field, fields)) is not None:
        return made
    if field.show == "path" and field.type.kind == STRING:
        return Meaning(lambda value: visible(decoded(value)), most=max(field.type.size - 1, 1), middle=True)
    if field.type.kind not in (INTEGER, POINTER, ENUM) or field.type.size > 8:
        return None
    return _number(field)


def _number(field: Field) -> Meaning | None:
    bits = 8 * field.type.size
    if field.show == "address":
        from .symbols.kernel import kernel_symbols

        return Meaning(kernel_symbols().text, most=40)
    made = {
        "time": Meaning(clock_time, most=15, least=15, often=False),
        "duration": Meaning(duration, most=7, right=True, often=False),
        "size": Meaning(size, most=7, right=True),
        "port": _port(field),
        "signal": Meaning(lambda value: signal_name(_signed(value, bits)), most=11, number=signal_number),
        "errno": Meaning(lambda value: errno_name(_signed(value, bits)), most=12, least=6, number=errno_number),
        "mode": Meaning("0{:o}".format, most=7, right=True),
        "open-flags": Meaning(open_flags, most=40),
        "syscall": Meaning(lambda value: syscall_name(_signed(value, bits)), most=22, number=syscall_number),
        "hex": Meaning(lambda value: f"{value % (1 << bits):#x}", most=2 + bits // 4, right=True),
    }
    return made.get(field.show)


def _port(field: Field) -> Meaning:
    """A port is 16 bits in network order; in a wider integer they are its first two bytes in memory, as in sockaddr."""
    width = field.type.size

    def port(value: int) -> int:
        return int.from_bytes((value % (1 << 8 * width)).to_bytes(width, sys.byteorder)[:2], "big")

    return Meaning(lambda value: str(port(value)), value=port, most=5, right=True)


def _bytes(field: Field, fields: Sequence[Field]) -> Meaning | None:
    """The meaning of a value that is seen as its bytes; None for a number in hex, and for odd sizes."""
    length, kind = field.type.size, field.type.kind
    if field.show == "hex":
        whole = kind in (ARRAY, STRUCT, STRING) or length == 16
        return Meaning(bytes.hex, value=bytes.hex, textual=True, most=2 * length) if whole else None
    if kind == BOOLEAN or (length not in (4, 16) if field.show == "ip" else length not in (6, 8)):
        return None
    signed = field.type.signed

    def raw(value: Any) -> bytes:
        return value if isinstance(value, bytes) else int(value).to_bytes(length, sys.byteorder, signed=signed)

    if field.show == "mac":

        def mac(value: Any) -> str:
            return raw(value)[:6].hex(":")

        return Meaning(mac, value=mac, textual=True, most=17, least=17)
    return _ip(field, fields, raw)


def _ip(field: Field, fields: Sequence[Field], raw: Callable[[Any], bytes]) -> Meaning:
    from socket import AF_INET, AF_INET6, inet_ntop

    def ip(value: Any, family: Any = None) -> str:
        address = raw(value)
        short = len(address) == 4 or family == AF_INET
        return inet_ntop(AF_INET, address[:4]) if short else inet_ntop(AF_INET6, address)

    beside = _beside(field, fields, _FAMILIES) if field.type.size == 16 else ()
    return Meaning(ip, value=ip, textual=True, most=15 if field.type.size == 4 else 39, least=15, beside=beside)


def _stack(field: Field, fields: Sequence[Field], stacks: Stacks | None) -> Meaning | None:
    from .symbols.stacks import StackReader

    if field.type.kind not in (INTEGER, ARRAY, STRUCT) or (field.type.kind == INTEGER and field.type.size > 8):
        return None
    if field.type.kind == INTEGER and stacks is None:
        return None
    ends = field.name.rpartition(".")[2]
    size = _beside(field, fields, (f"{ends}_sz", f"{ends}_size")) if field.type.kind != INTEGER else ()
    process = _beside(field, fields, _PROCESSES) if field.show == "user-stack" else ()
    reader = StackReader(
        bits=8 * field.type.size, stacks=stacks, user=field.show == "user-stack", sized=bool(size), owned=bool(process)
    )
    return Meaning(
        lambda *values: ";".join(reader.frames(*values)),
        value=reader.json_value,
        textual=True,
        often=False,
        beside=size + process,
        frames=reader.frames,
    )


def _beside(field: Field, fields: Sequence[Field], names: Sequence[str]) -> tuple[int, ...]:
    """The number of the integer field of the first of these names, in the same struct or in an outer one; or none."""
    scope = field.name
    while scope:
        scope = scope.rpartition(".")[0]
        for name in names:
            wanted = f"{scope}.{name}" if scope else name
            for index, other in enumerate(fields):
                if other.name == wanted and other.type.kind in (INTEGER, ENUM) and other.type.size <= 8:
                    return (index,)
    return ()


def _signed(value: int, bits: int) -> int:
    """Read a number as a signed one, whatever its declared type: kernel code often keeps -2 in an unsigned field."""
    return value - (1 << bits) if value >> (bits - 1) == 1 else value
