"""Read ELF objects of the BPF machine: sections, symbols, relocations (System V gABI; little-endian, 64 bit).

Bytes in, facts out, within limits. What the sections mean is for btf.py and bpf_object.py.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cached_property

from .errors import BadInput

MAX_ELF_BYTES = 128 * 1024 * 1024  # an object with DWARF, before it is stripped
MAX_SECTIONS = 2048
MAX_SYMBOLS = 65536
MAX_RELOCATIONS = 262144  # of one section
MAX_NAME_BYTES = 1024

PROGBITS, SYMTAB, STRTAB, RELA, NOBITS, REL = 1, 2, 3, 4, 8, 9  # sh_type
EXECUTABLE, WRITABLE = 4, 1  # sh_flags
OBJECT, FUNCTION, SECTION = 1, 2, 3  # type of a symbol
LOCAL, GLOBAL, WEAK = 0, 1, 2  # binding of a symbol
UNDEFINED, ABSOLUTE, COMMON = 0, 0xFFF1, 0xFFF2  # section index of a symbol

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")
RELOCATION = struct.Struct("<QQ")
MACHINE_BPF = 247
_RELOCATABLE = 1
_IDENT = b"\x7fELF\x02\x01\x01"
_RESERVED = 0xFF00


@dataclass(frozen=True, slots=True)
class Section:
    """A section and its header's fields; `offset` in the file. `data` is empty for sections without bytes (.bss)."""

    index: int
    name: str
    kind: int
    flags: int
    offset: int
    size: int
    link: int
    info: int
    align: int
    entry_size: int
    data: memoryview


@dataclass(frozen=True, slots=True)
class Symbol:
    """A symbol: `value` and `size` in bytes within the section of index `section`; `info` and `other` as stored."""

    index: int
    name: str
    value: int
    size: int
    info: int
    other: int
    section: int

    @property
    def kind(self) -> int:
        """OBJECT, FUNCTION, SECTION, …"""
        return self.info & 15

    @property
    def binding(self) -> int:
        """LOCAL, GLOBAL or WEAK."""
        return self.info >> 4

    @property
    def visibility(self) -> int:
        """0 default, 2 hidden."""
        return self.other & 3


@dataclass(frozen=True, slots=True)
class Relocation:
    """A place, in bytes from its section's start, that refers to a symbol; `kind` as in llvm's BPFELFRelocs."""

    offset: int
    kind: int
    symbol: Symbol


@dataclass(frozen=True)
class ElfObject:
    """A relocatable BPF object."""

    flags: int
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]

    @classmethod
    def parse(cls, data: bytes, *, where: str = "BPF object") -> ElfObject:
        """Read an object of at most MAX_ELF_BYTES. Raises: BadInput."""
        if len(data) > MAX_ELF_BYTES:
            raise BadInput(f"has more than {MAX_ELF_BYTES} bytes", where=where)
        return _Reader(memoryview(data), where).read()

    def section(self, name: str) -> Section | None:
        """The first section of that name."""
        return next((section for section in self.sections if section.name == name), None)

    def symbols_in(self, section: Section) -> list[Symbol]:
        """Functions and variables of a section, in order of their place."""
        found = self._by_section.get(section.index, [])
        return sorted((item for item in found if item.kind != SECTION), key=lambda item: (item.value, item.index))

    def relocations(self, section: Section, *, where: str = "BPF object") -> list[Relocation]:
        """Relocations that apply to a section. Raises: BadInput."""
        made: list[Relocation] = []
        for table in self.sections:
            if table.kind == REL and table.info == section.index:
                made += self._relocations_of(table, section, where)
        return made

    def _relocations_of(self, table: Section, section: Section, where: str) -> list[Relocation]:
        if table.size % RELOCATION.size or table.size // RELOCATION.size > MAX_RELOCATIONS:
            raise BadInput(f"the relocations of {section.name!r} have an odd size", where=where)
        made = []
        for offset, info in RELOCATION.iter_unpack(table.data):
            number = info >> 32
            if number >= len(self.symbols) or offset + 4 > len(section.data):
                raise BadInput(f"a relocation of {section.name!r} leads nowhere", where=where)
            made.append(Relocation(offset, info & 0xFFFFFFFF, self.symbols[number]))
        return made

    @cached_property
    def _by_section(self) -> dict[int, list[Symbol]]:
        made: dict[int, list[Symbol]] = {}
        for symbol in self.symbols:
            made.setdefault(symbol.section, []).append(symbol)
        return made


class _Reader:
    def __init__(self, data: memoryview, where: str) -> None:
        self.data = data
        self.where = where

    def read(self) -> ElfObject:
        if len(self.data) < HEADER.size or bytes(self.data[:7]) != _IDENT:
            raise self.bad("is not a little-endian 64-bit ELF file")
        _, kind, machine, version, _, _, table, flags, _, _, _, entry, count, names = HEADER.unpack_from(self.data)
        if kind != _RELOCATABLE or version != 1 or machine not in (0, MACHINE_BPF):  # 0: as old compilers wrote
            raise self.bad("is an ELF file, but not a BPF object")
        if entry != SECTION_HEADER.size or not 0 < count <= MAX_SECTIONS or names >= count:
            raise self.bad("has an odd table of sections")
        headers = list(SECTION_HEADER.iter_unpack(self.bytes_at(table, count * entry)))
        strings = self.contents(headers[names]) if headers[names][1] == STRTAB else self.fail("has no section names")
        sections = tuple(self.section(index, header, strings) for index, header in enumerate(headers))
        return ElfObject(flags, sections, self.symbols(sections))

    def section(self, index: int, header: tuple[int, ...], strings: memoryview) -> Section:
        name, kind, flags, _, offset, size, link, info, align, entry = header
        if size > MAX_ELF_BYTES:
            raise self.bad("has a section that is too large")
        return Section(
            index,
            self.string(strings, name),
            kind,
            flags,
            offset,
            size,
            link,
            info,
            align,
            entry,
            self.contents(header),
        )

    def contents(self, header: tuple[int, ...]) -> memoryview:
        return self.data[:0] if header[1] in (0, NOBITS) else self.bytes_at(header[4], header[5])

    def symbols(self, sections: tuple[Section, ...]) -> tuple[Symbol, ...]:
        tables = [section for section in sections if section.kind == SYMTAB]
        if len(tables) != 1:
            raise self.bad("must have one table of symbols")
        table = tables[0]
        if table.size % SYMBOL.size or table.size // SYMBOL.size > MAX_SYMBOLS or table.link >= len(sections):
            raise self.bad("has an odd table of symbols")
        strings = sections[table.link].data
        made = []
        for index, (name, info, other, place, value, size) in enumerate(SYMBOL.iter_unpack(table.data)):
            if place < _RESERVED and place >= len(sections):
                raise self.bad("has a symbol in a section that is not there")
            made.append(Symbol(index, self.string(strings, name), value, size, info, other, place))
        return tuple(made)

    def string(self, table: memoryview, offset: int) -> str:
        raw = bytes(table[offset : offset + MAX_NAME_BYTES + 1])
        text, end, _ = raw.partition(b"\0")
        if not end:
            raise self.bad("has a name that is too long or not ended")
        try:
            return text.decode()
        except UnicodeDecodeError as error:
            raise self.bad("has a name that is not UTF-8") from error

    def bytes_at(self, offset: int, size: int) -> memoryview:
        if offset + size > len(self.data):
            raise self.bad("is cut off")
        return self.data[offset : offset + size]

    def bad(self, text: str) -> BadInput:
        return BadInput(text, where=self.where)

    def fail(self, text: str) -> memoryview:
        raise self.bad(text)
