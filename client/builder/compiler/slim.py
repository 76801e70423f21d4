"""Leave out of an object's BTF what neither libbpf nor anybody who looks at maps will need.

A program that reads one field of task_struct carries the whole struct and all that hangs on it: two thirds of its size.
What stays: functions, variables, maps and their keys and values, event structs, and of kernel types the members that
CO-RE relocations name (places and sizes unchanged). An object with anything unusual in its BTF is left as it is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from ....schemas.btf import Btf, BtfType, Kind, string_at
from ....schemas.btf_lines import MAX_TEXT_BYTES
from ....schemas.btf_writer import ExtTable, Strings, write_btf, write_ext
from ....schemas.elf import ElfObject, Section
from ....schemas.errors import BadInput

_EXT_TABLES = struct.Struct("<IIIIII")
_EXT_TABLES_AT = 8
_SIZES = (8, 16, 16)  # bytes of a record: functions, lines, CO-RE relocations
_FIELDS = range(6)  # kinds of CO-RE relocations that walk members
_LOCAL_ID, _MATCHES = 6, 12  # kinds that need a whole type
_COMPOSITE = (Kind.STRUCT, Kind.UNION)


class Need(IntEnum):
    """How much of a type is needed; more includes less."""

    NOTHING = 0
    NAME = 1  # of a struct: only members that CO-RE names
    WHOLE = 2
    MAP_MEMBER = 3  # pointers in a map's definition stand for values
    MAP = 4


@dataclass(frozen=True, slots=True)
class Slim:
    """New bytes of .BTF and .BTF.ext; `without_text` when .text held nothing but functions of the builder."""

    btf: bytes
    ext: bytes
    without_text: bool


@dataclass(frozen=True, slots=True)
class _Record:
    table: int
    section: str
    words: tuple[int, ...]


def slim(elf: ElfObject, *, generated: str) -> Slim | None:
    """Slim an object; functions whose names begin with `generated` go, their structs stay. None: better left alone.

    Raises: BadInput where the BTF is broken.
    """
    sections = elf.section(".BTF"), elf.section(".BTF.ext")
    if sections[0] is None or sections[1] is None:
        return None
    btf = Btf.parse(_linked(elf, sections[0]))
    if any(item.kind == Kind.DECL_TAG for item in btf.types):
        return None  # tags name types by text: the verifier may need any of them
    records = _records(_linked(elf, sections[1]), btf)
    return _Slimmer(elf, btf, records, generated).run() if records is not None else None


def _linked(elf: ElfObject, section: Section) -> bytes:
    """A section's bytes with its relocations done: offsets in data sections and code."""
    data = bytearray(section.data)
    for item in elf.relocations(section):
        (value,) = struct.unpack_from("<I", data, item.offset)
        struct.pack_into("<I", data, item.offset, value + item.symbol.value & 0xFFFFFFFF)
    return bytes(data)


def _records(ext: bytes, btf: Btf) -> list[_Record] | None:
    """All records of .BTF.ext, or None where their form is one that we do not write."""
    try:
        (header_size,) = struct.unpack_from("<I", ext, 4)
        places = _EXT_TABLES.unpack_from(ext, _EXT_TABLES_AT)
        made: list[_Record] = []
        for table, size in enumerate(_SIZES):
            begin, length = header_size + places[table * 2], places[table * 2 + 1]
            data = ext[begin : begin + length]
            if data and struct.unpack_from("<I", data)[0] != size:
                return None
            made += _rows(data, table, size, btf)
    except struct.error as error:
        raise BadInput("is cut off", where=".BTF.ext") from error
    return made


def _rows(data: bytes, table: int, size: int, btf: Btf) -> Iterator[_Record]:
    at = 4
    while at < len(data):
        name, count = struct.unpack_from("<II", data, at)
        section = string_at(btf.strings, name, ".BTF.ext")
        at += 8
        if count * size > len(data) - at:
            raise BadInput("is cut off", where=".BTF.ext")
        for _ in range(count):
            yield _Record(table, section, struct.unpack_from(f"<{size // 4}I", data, at))
            at += size


class _Slimmer:
    def __init__(self, elf: ElfObject, btf: Btf, records: list[_Record], generated: str) -> None:
        self.btf = btf
        self.generated = generated
        self.without_text = _only_generated(elf, generated)
        self.records = [item for item in records if not (self.without_text and item.section == ".text")]
        self.needs = [Need.NOTHING] * len(btf.types)
        self.used: dict[int, set[int]] = {}
        self.waiting: list[tuple[int, Need]] = []
        self.strings = Strings()

    def run(self) -> Slim:
        paths = [self.path(item) if item.table == 2 else () for item in self.records]
        self.need_roots()
        while self.waiting:
            self.visit(*self.waiting.pop())
        kept = [number for number, need in enumerate(self.needs) if need and number]
        numbers = {old: new for new, old in enumerate(kept, 1)} | {0: 0}
        types = [self.renumbered(old, numbers) for old in kept]
        ext = self.ext(paths, numbers)
        return Slim(write_btf(types, self.strings), ext, self.without_text)

    def need(self, number: int, need: Need) -> None:
        if number and self.needs[number] < need:
            self.waiting.append((number, need))

    def need_roots(self) -> None:
        for number, item in enumerate(self.btf.types):
            if item.kind == Kind.DATASEC:
                self.needs[number] = Need.WHOLE
                for place in item.places:
                    self.need(place.type, Need.MAP if item.name == ".maps" else Need.WHOLE)
            elif item.kind == Kind.FUNC:
                if item.name.startswith(self.generated):
                    self.keep_structs(item)
                if not (self.without_text and item.name.startswith(self.generated)):
                    self.need(number, Need.NAME)
        for record in self.records:
            if record.table == 2:
                whole = record.words[3] in (_LOCAL_ID, _MATCHES)
                self.need(record.words[1], Need.WHOLE if whole else Need.NAME)

    def keep_structs(self, function: BtfType) -> None:
        for parameter in self.btf.types[function.type].members:
            self.need(self.btf.resolved(parameter.type).type, Need.WHOLE)

    def visit(self, number: int, need: Need) -> None:
        if self.needs[number] >= need:
            return
        self.needs[number] = need
        item = self.btf.types[number]
        self.need(item.index, Need.NAME)
        match item.kind:
            case Kind.STRUCT | Kind.UNION:
                self.visit_members(number, item, need)
            case Kind.PTR:
                behind = {Need.MAP: Need.MAP, Need.MAP_MEMBER: Need.WHOLE}
                self.need(item.type, behind.get(need, Need.NAME))
            case Kind.FUNC | Kind.FUNC_PROTO:
                self.need(item.type, Need.NAME)
                for parameter in item.members:
                    self.need(parameter.type, Need.NAME)
            case _:
                self.need(item.type, need)

    def visit_members(self, number: int, item: BtfType, need: Need) -> None:
        for index, member in enumerate(item.members):
            if need == Need.MAP:
                self.need(member.type, Need.MAP if member.name == "values" else Need.MAP_MEMBER)
            elif need >= Need.WHOLE or index in self.used.get(number, ()):
                self.need(member.type, min(need, Need.WHOLE))

    def path(self, record: _Record) -> tuple[tuple[int, int], ...]:
        """The way of a CO-RE relocation: (struct, index) or (0, index) each step; marks the members on it as used."""
        _, root, access, kind = record.words
        steps = [int(word) for word in string_at(self.btf.strings, access, ".BTF.ext").split(":") if word.isdecimal()]
        if root >= len(self.btf.types) or not steps:
            raise BadInput("has a CO-RE relocation that leads nowhere", where=".BTF.ext")
        made = [(0, steps[0])]
        number = root
        for step in steps[1:] if kind in _FIELDS else ():
            number = self.behind(number)
            item = self.btf.types[number]
            if item.kind in _COMPOSITE and step < len(item.members):
                self.used.setdefault(number, set()).add(step)
                made.append((number, step))
                number = item.members[step].type
            elif item.kind == Kind.ARRAY:
                made.append((0, step))
                number = item.type
            else:
                raise BadInput("has a CO-RE relocation that leads nowhere", where=".BTF.ext")
        return tuple(made)

    def behind(self, number: int) -> int:
        for _ in range(64):
            item = self.btf.types[number]
            if item.kind not in (Kind.TYPEDEF, Kind.CONST, Kind.VOLATILE, Kind.RESTRICT, Kind.TYPE_TAG):
                return number
            number = item.type
        raise BadInput("has a type that refers to itself", where=".BTF")

    def kept_members(self, number: int) -> list[int]:
        count = len(self.btf.types[number].members)
        if self.needs[number] >= Need.WHOLE:
            return list(range(count))
        return sorted(self.used.get(number, ()))

    def renumbered(self, old: int, numbers: dict[int, int]) -> BtfType:
        item = self.btf.types[old]
        indices = self.kept_members(old) if item.kind in _COMPOSITE else range(len(item.members))
        members = tuple(replace(item.members[index], type=numbers[item.members[index].type]) for index in indices)
        places = tuple(replace(place, type=numbers[place.type]) for place in item.places)
        return replace(item, type=numbers[item.type], index=self._index(item, numbers), members=members, places=places)

    def _index(self, item: BtfType, numbers: dict[int, int]) -> int:
        return numbers[item.index] if item.kind == Kind.ARRAY else item.index

    def ext(self, paths: list[tuple[tuple[int, int], ...]], numbers: dict[int, int]) -> bytes:
        tables: list[dict[int, list[bytes]]] = [{}, {}, {}]
        for record, path in zip(self.records, paths, strict=True):
            rows = tables[record.table].setdefault(self.strings.add(record.section), [])
            rows.append(struct.pack(f"<{len(record.words)}I", *self.words(record, path, numbers)))
        made = [
            ExtTable(size, tuple((name, tuple(rows)) for name, rows in table.items()))
            for size, table in zip(_SIZES, tables, strict=True)
        ]
        return write_ext(*made)

    def words(self, record: _Record, path: tuple[tuple[int, int], ...], numbers: dict[int, int]) -> tuple[int, ...]:
        words = record.words
        if record.table != 1 and words[1] not in numbers:
            raise BadInput("names a type that is not there", where=".BTF.ext")
        if record.table == 0:
            return (words[0], numbers[words[1]])
        if record.table == 1:
            return (words[0], self.moved(words[1]), self.moved(words[2]), words[3])
        steps = [self.kept_members(number).index(step) if number else step for number, step in path]
        rest = string_at(self.btf.strings, words[2], ".BTF.ext")
        text = ":".join(map(str, steps)) if words[3] in _FIELDS else rest
        return (words[0], numbers[words[1]], self.strings.add(text), words[3])

    def moved(self, place: int) -> int:
        """A file's name or a line of source: in any encoding, and cut to what is ever shown."""
        return self.strings.add_bytes(self.btf.strings[place : place + MAX_TEXT_BYTES].partition(b"\0")[0])


def _only_generated(elf: ElfObject, generated: str) -> bool:
    text = elf.section(".text")
    return text is not None and all(item.name.startswith(generated) for item in elf.symbols_in(text))
