"""Write a BPF object again without its debug sections: same code, same BTF, a tenth of the size.

Sections, symbols and relocations that stay keep their order, so the same input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping

from ....schemas.elf import (
    HEADER,
    LOCAL,
    MACHINE_BPF,
    NOBITS,
    REL,
    RELOCATION,
    SECTION,
    SECTION_HEADER,
    STRTAB,
    SYMBOL,
    SYMTAB,
    ElfObject,
    Section,
    Symbol,
)
from .slim import slim

_DROPPED = (".debug_", ".llvm_", ".eh_frame", ".comment", ".note")
_IDENT = b"\x7fELF\x02\x01\x01" + bytes(9)
_RESERVED = 0xFF00


def strip_object(data: bytes, *, generated: str = "") -> bytes:
    """Drop debug sections and symbols that nothing needs, and slim the BTF (slim.py; `generated` as there).

    Raises: BadInput where `data` is not a BPF object.
    """
    elf = ElfObject.parse(data)
    for section in elf.sections:
        if not section.name.startswith(_DROPPED):
            elf.relocations(section)  # all of them lead somewhere
    slimmed = slim(elf, generated=generated) if generated else None
    if slimmed is None:
        return _rewritten(elf, {}, without_text=False)
    return _rewritten(elf, {".BTF": slimmed.btf, ".BTF.ext": slimmed.ext}, without_text=slimmed.without_text)


def _rewritten(elf: ElfObject, replaced: Mapping[str, bytes], *, without_text: bool) -> bytes:
    gone = {section.index for section in elf.sections if without_text and section.name == ".text"}
    kept = [section for section in elf.sections if _stays(elf, section, replaced)]
    kept = [item for item in kept if item.index not in gone and not (item.kind == REL and item.info in gone)]
    return _Writer(elf, kept, replaced).write()


def _stays(elf: ElfObject, section: Section, replaced: Mapping[str, bytes]) -> bool:
    if section.kind == REL:
        target = elf.sections[section.info] if section.info < len(elf.sections) else section
        return target.kind != REL and target.name not in replaced and _stays(elf, target, replaced)
    if section.kind in (0, SYMTAB, STRTAB):
        return False  # written anew
    empty_code = section.name == ".text" and not section.size
    return not empty_code and not section.name.startswith(_DROPPED)


class _Strings:
    """A string table: each string once, in the order of its first use."""

    def __init__(self) -> None:
        self.data = bytearray(1)
        self.places = {"": 0}

    def add(self, text: str) -> int:
        if text not in self.places:
            self.places[text] = len(self.data)
            self.data += text.encode() + b"\0"
        return self.places[text]


class _Writer:
    def __init__(self, elf: ElfObject, kept: list[Section], replaced: Mapping[str, bytes]) -> None:
        self.elf = elf
        self.kept = kept
        self.replaced = replaced
        self.numbers = {section.index: number for number, section in enumerate(kept, 1)}
        self.strings = _Strings()
        self.symbols = self._symbols()
        self.symbol_numbers = {symbol.index: number for number, symbol in enumerate(self.symbols)}
        self.body = bytearray(HEADER.size)
        self.headers: list[tuple[int, ...]] = [(0,) * 10]

    def write(self) -> bytes:
        table = len(self.kept) + 1  # the symbols' section; their strings come after it
        for section in self.kept:
            self._section(section, table)
        first_global = sum(symbol.binding == LOCAL for symbol in self.symbols)
        packed = b"".join(self._symbol(symbol) for symbol in self.symbols)
        self._add(".symtab", packed, kind=SYMTAB, link=table + 1, info=first_global, align=8, entry_size=SYMBOL.size)
        name = self.strings.add(".strtab")
        self._add_named(name, bytes(self.strings.data), kind=STRTAB, align=1)
        self.body += bytes(-len(self.body) % 8)
        start = len(self.body)
        self.body += b"".join(SECTION_HEADER.pack(*header) for header in self.headers)
        count = len(self.headers)
        HEADER.pack_into(
            self.body, 0, _IDENT, 1, MACHINE_BPF, 1, 0, 0, start, self.elf.flags, HEADER.size, 0, 0,
            SECTION_HEADER.size, count, count - 1,
        )  # fmt: skip
        return bytes(self.body)

    def _symbols(self) -> list[Symbol]:
        """Symbols of kept sections that have a meaning: named things, and what relocations refer to."""
        used = {0}
        for section in self.kept:
            if section.kind == REL:
                used |= {info >> 32 for _, info in RELOCATION.iter_unpack(section.data)}
        return [symbol for symbol in self.elf.symbols if symbol.index in used or self._has_meaning(symbol)]

    def _has_meaning(self, symbol: Symbol) -> bool:
        placed = symbol.section in self.numbers
        return placed and bool(symbol.name) and symbol.kind not in (0, SECTION)

    def _section(self, section: Section, table: int) -> None:
        if section.kind == REL:
            packed = b"".join(
                RELOCATION.pack(offset, self._renumbered(info)) for offset, info in RELOCATION.iter_unpack(section.data)
            )
            self._add(section.name, packed, section=section, link=table, info=self.numbers[section.info])
            return
        self._add(section.name, self.replaced.get(section.name, bytes(section.data)), section=section)

    def _renumbered(self, info: int) -> int:
        return self.symbol_numbers[info >> 32] << 32 | info & 0xFFFFFFFF

    def _symbol(self, symbol: Symbol) -> bytes:
        name = 0 if symbol.kind == SECTION else self.strings.add(symbol.name)
        place = symbol.section if symbol.section >= _RESERVED else self.numbers.get(symbol.section, 0)
        return SYMBOL.pack(name, symbol.info, symbol.other, place, symbol.value, symbol.size)

    def _add(
        self, name: str, data: bytes, *, section: Section | None = None, kind: int = 0, link: int = 0, info: int = 0,
        align: int = 1, entry_size: int = 0,
    ) -> None:  # fmt: skip
        number = self.strings.add(name)
        if section is None:
            self._add_named(number, data, kind=kind, link=link, info=info, align=align, entry_size=entry_size)
            return
        self._add_named(
            number, data, kind=section.kind, flags=section.flags, link=link, info=info, align=section.align,
            entry_size=section.entry_size, size=section.size if section.kind == NOBITS else None,
        )  # fmt: skip

    def _add_named(
        self, name: int, data: bytes, *, kind: int, flags: int = 0, link: int = 0, info: int = 0, align: int = 1,
        entry_size: int = 0, size: int | None = None,
    ) -> None:  # fmt: skip
        self.body += bytes(-len(self.body) % max(1, min(align, 4096)))
        length = len(data) if size is None else size
        self.headers.append((name, kind, flags, 0, len(self.body), length, link, info, align, entry_size))
        self.body += data
