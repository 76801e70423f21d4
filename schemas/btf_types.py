"""Turn BTF types into the small trees of program.py that travel in a package's config.

What a formatter or an option cannot hold (bit fields, functions, endless nesting) is BadInput with the member's name.
"""

from __future__ import annotations

from .btf import QUALIFIERS, Btf, BtfMember, BtfType, Kind
from .c_type import (
    ARRAY,
    BOOLEAN,
    ENUM,
    FLOAT,
    INTEGER,
    MAX_MEMBERS,
    MAX_TYPE_DEPTH,
    MAX_VALUE_BYTES,
    POINTER,
    STRING,
    STRUCT,
    CType,
    Member,
)
from .errors import BadInput

MAX_NODES = 2048  # types and members of one tree
MAX_NAME_CHARS = 128
MAX_ENUM_VALUES = 1024
_SIGNED, _CHAR, _BOOL = 1, 2, 4  # encodings of INT


def c_type(btf: Btf, number: int) -> CType:
    """Make the tree of a type, at most MAX_NODES large. Raises: BadInput."""
    return _Maker(btf).make(number, 0, "")


def size_of(btf: Btf, number: int) -> int:
    """Size of a type in bytes. Raises: BadInput where it has none."""
    count = 1
    for _ in range(MAX_TYPE_DEPTH * 4):
        item = btf.resolved(number)
        if item.kind != Kind.ARRAY:
            return count * _flat_size(item)
        count *= item.count
        number = item.type
    raise BadInput("an array is nested too deep", where=".BTF")


def _flat_size(item: BtfType) -> int:
    if item.kind == Kind.PTR:
        return 8
    if item.kind in (Kind.VOID, Kind.FWD, Kind.FUNC, Kind.FUNC_PROTO, Kind.VAR, Kind.DATASEC, Kind.DECL_TAG):
        raise BadInput(f"a {item.kind.name.lower()} has no size", where=".BTF")
    return item.size


class _Maker:
    def __init__(self, btf: Btf) -> None:
        self.btf = btf
        self.nodes = 0

    def make(self, number: int, depth: int, name: str) -> CType:
        self.nodes += 1
        if depth > MAX_TYPE_DEPTH or self.nodes > MAX_NODES:
            raise BadInput("a type is too large or nested too deep to show", where=name or ".BTF")
        label = self.label(number)
        item = self.btf.resolved(number)
        if size_of(self.btf, number) > MAX_VALUE_BYTES:
            raise BadInput(f"is larger than {MAX_VALUE_BYTES} bytes", where=label or name)
        match item.kind:
            case Kind.INT:
                return self.integer(item, label)
            case Kind.FLOAT if item.size in (4, 8):
                return CType(FLOAT, item.size, label)
            case Kind.ENUM | Kind.ENUM64 if item.size in (1, 2, 4, 8):
                return self.enum(item, label)
            case Kind.PTR:
                return CType(POINTER, 8, label)
            case Kind.ARRAY:
                return self.array(item, depth, name)
            case Kind.STRUCT | Kind.UNION:
                members = tuple(self.members(item, depth, 0))
                return CType(STRUCT, item.size, label, members=members)
            case _:
                raise BadInput(f"{name or label!r} is of a type that cannot be shown", where=".BTF")

    def label(self, number: int) -> str:
        """The name a programmer used: the outermost typedef's, or the type's own."""
        for _ in range(64):
            item = self.btf.types[number]
            if item.kind not in QUALIFIERS:
                return item.name[:MAX_NAME_CHARS]
            number = item.type
        return ""

    def integer(self, item: BtfType, label: str) -> CType:
        if item.size == 1 and (item.encoding & _BOOL or item.name in ("_Bool", "bool")):
            return CType(BOOLEAN, 1, label)
        if item.size not in (1, 2, 4, 8, 16):
            raise BadInput(f"an integer cannot have {item.size} bytes", where=label)
        return CType(INTEGER, item.size, label, signed=bool(item.encoding & _SIGNED))

    def enum(self, item: BtfType, label: str) -> CType:
        if len(item.values) > MAX_ENUM_VALUES:
            raise BadInput(f"has more than {MAX_ENUM_VALUES} values", where=label)
        signed = any(value < 0 for _, value in item.values)
        values = tuple((text[:MAX_NAME_CHARS], value) for text, value in item.values)
        return CType(ENUM, item.size, label, signed=signed, values=values)

    def array(self, item: BtfType, depth: int, name: str) -> CType:
        inner = self.btf.resolved(item.type)
        if inner.kind == Kind.INT and inner.size == 1 and self.is_char(item.type):
            return CType(STRING, item.count, "char")
        made = self.make(item.type, depth + 1, name)
        return CType(ARRAY, made.size * item.count, length=item.count, item=made)

    def is_char(self, number: int) -> bool:
        return self.label(number) == "char" or bool(self.btf.resolved(number).encoding & _CHAR)

    def members(self, item: BtfType, depth: int, start: int) -> list[Member]:
        """Members with those of unnamed structs and unions inside it drawn in, as C sees them."""
        made: list[Member] = []
        for member in item.members:
            self.check(member, item, depth)
            offset = start + member.bit_offset // 8
            inner = self.btf.resolved(member.type)
            if not member.name and inner.kind in (Kind.STRUCT, Kind.UNION):
                self.nodes += 1
                made += self.members(inner, depth + 1, offset)
            else:
                made.append(Member(member.name, offset, self.make(member.type, depth + 1, member.name)))
            if len(made) > MAX_MEMBERS:
                raise BadInput(f"has more than {MAX_MEMBERS} members", where=item.name)
        return made

    def check(self, member: BtfMember, item: BtfType, depth: int) -> None:
        if depth > MAX_TYPE_DEPTH or self.nodes > MAX_NODES:
            raise BadInput("a type is too large or nested too deep to show", where=item.name or ".BTF")
        if member.bits or member.bit_offset % 8:
            raise BadInput(f"{member.name!r} is a bit field, which cannot be shown", where=f"struct {item.name}")
        inner = size_of(self.btf, member.type)
        if len(member.name) > MAX_NAME_CHARS or member.bit_offset // 8 + inner > item.size:
            raise BadInput(f"{member.name[:64]!r} lies outside its struct", where=f"struct {item.name[:64]}")
