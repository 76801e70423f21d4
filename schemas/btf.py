"""Read BTF, the type information of BPF objects, and the CO-RE relocations of .BTF.ext (kernel: Documentation/bpf/btf).

Bytes in, facts out, within limits: every id that is kept leads to a type. C types are made of it by btf_types.py.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum

from .errors import BadInput

MAX_BTF_BYTES = 16 * 1024 * 1024
MAX_TYPES = 131072
MAX_STRING_BYTES = 4096  # of one name
MAX_CORE_RELOCATIONS = 65536

_HEADER = struct.Struct("<HBBIIIII")
_EXT_HEADER = struct.Struct("<HBBIIIIIII")
_TYPE = struct.Struct("<III")
_MEMBER = struct.Struct("<III")
_ENUM = struct.Struct("<II")
_SIGNED_ENUM = struct.Struct("<Ii")
_ENUM64 = struct.Struct("<III")
_ARRAY = struct.Struct("<III")
_PARAMETER = struct.Struct("<II")
_VARIABLE = struct.Struct("<III")
_CORE = struct.Struct("<IIII")
_PAIR = struct.Struct("<II")
_WORD = struct.Struct("<I")
_MAGIC = 0xEB9F


class Kind(IntEnum):
    """BTF_KIND_…"""

    VOID = 0
    INT = 1
    PTR = 2
    ARRAY = 3
    STRUCT = 4
    UNION = 5
    ENUM = 6
    FWD = 7
    TYPEDEF = 8
    VOLATILE = 9
    CONST = 10
    RESTRICT = 11
    FUNC = 12
    FUNC_PROTO = 13
    VAR = 14
    DATASEC = 15
    FLOAT = 16
    DECL_TAG = 17
    TYPE_TAG = 18
    ENUM64 = 19


_SIZED = frozenset({Kind.INT, Kind.STRUCT, Kind.UNION, Kind.ENUM, Kind.DATASEC, Kind.FLOAT, Kind.ENUM64})
QUALIFIERS = frozenset({Kind.VOLATILE, Kind.CONST, Kind.RESTRICT, Kind.TYPE_TAG})


@dataclass(frozen=True, slots=True)
class BtfMember:
    """A member of a struct, `bit_offset` from its start; `bits` is 0 unless it is a bit field. Also a parameter."""

    name: str
    type: int
    bit_offset: int = 0
    bits: int = 0


@dataclass(frozen=True, slots=True)
class BtfPlace:
    """A variable's place in a data section, in bytes, as stored: the linker's work may still be to do."""

    type: int
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class BtfType:
    """One type. `size` in bytes for sized kinds; `type` is the id referred to; `count` the length of an array.

    `encoding` is INT's (1 signed, 2 char, 4 bool), FUNC's and VAR's linkage, or DECL_TAG's component.
    """

    kind: Kind
    name: str
    flag: bool = False
    size: int = 0
    type: int = 0
    count: int = 0
    index: int = 0
    encoding: int = 0
    bits: int = 0
    members: tuple[BtfMember, ...] = ()
    values: tuple[tuple[str, int], ...] = ()
    places: tuple[BtfPlace, ...] = ()


VOID = BtfType(Kind.VOID, "")


@dataclass(frozen=True, slots=True)
class CoreRelocation:
    """A CO-RE relocation: instruction at `offset` bytes in `section` depends on `root` by `access` ("0:1:2")."""

    section: str
    offset: int
    root: int
    access: str
    kind: int


@dataclass(frozen=True, slots=True)
class Btf:
    """All types of an object; a type's id is its index, 0 is void."""

    types: tuple[BtfType, ...]
    strings: bytes

    @classmethod
    def parse(cls, data: bytes, *, where: str = ".BTF") -> Btf:
        """Read a .BTF section of at most MAX_BTF_BYTES and MAX_TYPES. Raises: BadInput."""
        reader = _Reader(data, where)
        try:
            return reader.read()
        except (struct.error, ValueError) as error:  # unpacking past the end; an unknown kind
            raise BadInput("is cut off or of a kind that is not known", where=where) from error

    def find(self, name: str, *kinds: Kind) -> int:
        """The first type of that name and one of the kinds; 0 when there is none."""
        return next((i for i, item in enumerate(self.types) if item.name == name and item.kind in kinds), 0)

    def resolved(self, number: int) -> BtfType:
        """The type behind typedefs and qualifiers. Raises: BadInput where they go round in a circle."""
        for _ in range(64):
            made = self.types[number]
            if made.kind != Kind.TYPEDEF and made.kind not in QUALIFIERS:
                return made
            number = made.type
        raise BadInput("has a type that refers to itself", where=".BTF")

    def core_relocations(self, ext: bytes, *, where: str = ".BTF.ext") -> list[CoreRelocation]:
        """Read the CO-RE relocations of a .BTF.ext section. Raises: BadInput."""
        if len(ext) < 8:
            raise BadInput("is cut off", where=where)
        magic, version, _, header_size = struct.unpack_from("<HBBI", ext)
        if magic != _MAGIC or version != 1:
            raise BadInput("is not extended BTF of version 1", where=where)
        if header_size < _EXT_HEADER.size or len(ext) < _EXT_HEADER.size:
            return []  # of a compiler that knew no CO-RE
        start, size = _EXT_HEADER.unpack_from(ext)[8:]
        begin = header_size + start
        if begin + size > len(ext):
            raise BadInput("is cut off", where=where)
        try:
            return self._core_sections(ext[begin : begin + size], where) if size else []
        except struct.error as error:
            raise BadInput("is cut off", where=where) from error

    def _core_sections(self, data: bytes, where: str) -> list[CoreRelocation]:
        (record_size,) = _WORD.unpack_from(data)
        if not _CORE.size <= record_size <= 256:
            raise BadInput("has CO-RE relocations of an odd size", where=where)
        made: list[CoreRelocation] = []
        at = _WORD.size
        while at < len(data):
            name, count = _PAIR.unpack_from(data, at)
            at += _PAIR.size
            if count > MAX_CORE_RELOCATIONS - len(made) or at + count * record_size > len(data):
                raise BadInput("has too many CO-RE relocations or is cut off", where=where)
            section = string_at(self.strings, name, where)
            for _ in range(count):
                offset, root, access, kind = _CORE.unpack_from(data, at)
                at += record_size
                if root >= len(self.types):
                    raise BadInput("has a relocation for a type that is not there", where=where)
                made.append(CoreRelocation(section, offset, root, string_at(self.strings, access, where), kind))
        return made


def read_type(data: bytes, offset: int, strings: bytes, *, where: str = ".BTF") -> BtfType:
    """Read one type out of a section of types; the ids it refers to are not checked. Raises: BadInput."""
    reader = _Reader(data, where)
    reader.at, reader.strings = offset, strings
    try:
        return reader.type()
    except (struct.error, ValueError) as error:
        raise BadInput("is cut off or of a kind that is not known", where=where) from error


class _Reader:
    def __init__(self, data: bytes, where: str) -> None:
        self.data = bytes(data)
        self.where = where
        self.at = 0
        self.strings = b""

    def read(self) -> Btf:
        if not _HEADER.size <= len(self.data) <= MAX_BTF_BYTES:
            raise BadInput("is cut off or too large", where=self.where)
        magic, version, _, size, type_offset, type_size, string_offset, string_size = _HEADER.unpack_from(self.data)
        if magic != _MAGIC or version != 1 or size < _HEADER.size:
            raise BadInput("is not BTF of version 1", where=self.where)
        types_end, strings_at = size + type_offset + type_size, size + string_offset
        if types_end > len(self.data) or strings_at + string_size > len(self.data):
            raise BadInput("is cut off", where=self.where)
        self.strings = self.data[strings_at : strings_at + string_size]
        self.at = size + type_offset
        types = [VOID]
        self.data = self.data[:types_end]
        while self.at < types_end:
            if len(types) >= MAX_TYPES:
                raise BadInput(f"has more than {MAX_TYPES} types", where=self.where)
            types.append(self.type())
        self.check_ids(types)
        return Btf(tuple(types), self.strings)

    def take(self, form: struct.Struct) -> tuple[int, ...]:
        made = form.unpack_from(self.data, self.at)
        self.at += form.size
        return made

    def name(self, offset: int) -> str:
        return string_at(self.strings, offset, self.where)

    def type(self) -> BtfType:  # noqa: PLR0911 - one return for each kind
        name, info, value = self.take(_TYPE)
        kind, count, flag = Kind(info >> 24 & 31), info & 0xFFFF, bool(info >> 31)
        text = self.name(name)
        size, target = (value, 0) if kind in _SIZED else (0, value)
        match kind:
            case Kind.INT:
                (word,) = self.take(_WORD)
                return BtfType(
                    kind, text, flag, size, encoding=word >> 24 & 15, bits=word & 255, index=word >> 16 & 255
                )
            case Kind.ARRAY:
                item, index, length = self.take(_ARRAY)
                return BtfType(kind, text, flag, type=item, index=index, count=length)
            case Kind.STRUCT | Kind.UNION:
                return BtfType(kind, text, flag, size, members=self.members(count, bit_fields=flag))
            case Kind.ENUM | Kind.ENUM64:
                return BtfType(kind, text, flag, size, values=self.values(kind, count, signed=flag))
            case Kind.FUNC_PROTO:
                pairs = [self.take(_PARAMETER) for _ in range(count)]
                parameters = tuple(BtfMember(self.name(pair[0]), pair[1]) for pair in pairs)
                return BtfType(kind, text, flag, type=target, members=parameters)
            case Kind.DATASEC:
                places = tuple(BtfPlace(*self.take(_VARIABLE)) for _ in range(count))
                return BtfType(kind, text, flag, size, places=places)
            case Kind.VAR | Kind.DECL_TAG:
                return BtfType(kind, text, flag, type=target, encoding=self.take(_WORD)[0])
            case Kind.FUNC:
                return BtfType(kind, text, flag, type=target, encoding=count)
            case Kind.VOID:
                raise BadInput("has a type without a kind", where=self.where)
            case _:
                return BtfType(kind, text, flag, size, target)

    def members(self, count: int, *, bit_fields: bool) -> tuple[BtfMember, ...]:
        made = []
        for _ in range(count):
            name, target, offset = self.take(_MEMBER)
            bits, place = (offset >> 24, offset & 0xFFFFFF) if bit_fields else (0, offset)
            made.append(BtfMember(self.name(name), target, place, bits))
        return tuple(made)

    def values(self, kind: Kind, count: int, *, signed: bool) -> tuple[tuple[str, int], ...]:
        made = []
        for _ in range(count):
            if kind == Kind.ENUM:
                name, value = self.take(_SIGNED_ENUM if signed else _ENUM)
            else:
                name, low, high = self.take(_ENUM64)
                value = high << 32 | low
                value -= (value >> 63 & signed) << 64
            made.append((self.name(name), value))
        return tuple(made)

    def check_ids(self, types: list[BtfType]) -> None:
        highest = len(types)
        for item in types:
            if item.type >= highest or item.index >= highest:
                raise BadInput("refers to a type that is not there", where=self.where)
            if any(member.type >= highest for member in item.members):
                raise BadInput("refers to a type that is not there", where=self.where)
            if any(place.type >= highest for place in item.places):
                raise BadInput("refers to a type that is not there", where=self.where)


def string_at(strings: bytes, offset: int, where: str) -> str:
    """Read a string of at most MAX_STRING_BYTES. Raises: BadInput."""
    end = strings.find(b"\0", offset, offset + MAX_STRING_BYTES + 1)
    if end < 0 or offset > len(strings):
        raise BadInput("has a name that is too long or not ended", where=where)
    try:
        return strings[offset:end].decode()
    except UnicodeDecodeError as error:
        raise BadInput("has a name that is not UTF-8", where=where) from error
