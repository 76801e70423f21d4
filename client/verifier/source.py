"""The author's line behind an instruction of a BPF object, by the line information that the object carries.

Lines of libbpf's headers and of vmlinux.h count for the author's line that used them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from ...schemas.bpf_code import INSTRUCTION_BYTES
from ...schemas.btf import Btf
from ...schemas.btf_lines import NO_LINES, LineTable, SourceLine, read_lines
from ...schemas.elf import EXECUTABLE, FUNCTION, ElfObject, Symbol
from ...schemas.errors import BadInput
from .log import Quote

_FOREIGN = ("include/", "types/", "/")  # as the builder names folders that are not the project's
_INDIRECT_CALL = 0x8D


@dataclass(frozen=True, slots=True)
class ObjectSource:
    """Where the code of one object comes from."""

    elf: ElfObject
    lines: LineTable

    @classmethod
    def read(cls, data: bytes) -> ObjectSource:
        """Read an object's line information; one that has none has no lines. Raises: BadInput."""
        elf = ElfObject.parse(data)
        btf, ext = elf.section(".BTF"), elf.section(".BTF.ext")
        if btf is None or ext is None:
            return cls(elf, NO_LINES)
        table = read_lines(bytes(ext.data), Btf.parse(bytes(btf.data)).strings)
        return cls(elf, _of_the_author(table))

    def at(self, program: str, instruction: int) -> SourceLine | None:
        """The line of an instruction as the verifier counts; None behind the program's own code, among subprograms."""
        symbol = self._symbol(program)
        if symbol is None or instruction * INSTRUCTION_BYTES >= symbol.size:
            return None
        section = self.elf.sections[symbol.section].name
        return self.lines.at(section, symbol.value + instruction * INSTRUCTION_BYTES)

    def quoted(self, quote: Quote) -> SourceLine | None:
        """The line that a log quotes; what the log says itself, where the object does not know it."""
        if not quote.file:
            return self.lines.quoted(quote.text)
        return self.lines.named(quote.file, quote.line) or SourceLine(quote.file, quote.line, 0, quote.text)

    def indirect_call(self, program: str) -> SourceLine | None:
        """The line of the first call through a pointer in a program."""
        symbol = self._symbol(program)
        if symbol is None:
            return None
        code = self.elf.sections[symbol.section].data[symbol.value : symbol.value + symbol.size : INSTRUCTION_BYTES]
        found = next((number for number, byte in enumerate(code) if byte == _INDIRECT_CALL), None)
        return self.at(program, found) if found is not None else None

    def mention(self, program: str, word: str) -> SourceLine | None:
        """The first line of a program that has a word in it."""
        symbol = self._symbol(program)
        if symbol is None:
            return None
        rows = self.lines.sections.get(self.elf.sections[symbol.section].name, ())
        own = (item for offset, item in rows if symbol.value <= offset < symbol.value + symbol.size)
        return next((item for item in own if re.search(rf"\b{re.escape(word)}\b", item.text)), None)

    def use_of(self, name: str) -> SourceLine | None:
        """The line of the first instruction that uses a symbol, such as a function of the kernel."""
        for section in self.elf.sections:
            if section.flags & EXECUTABLE:
                for item in self.elf.relocations(section):
                    if item.symbol.name == name:
                        return self.lines.at(section.name, item.offset)
        return None

    def _symbol(self, program: str) -> Symbol | None:
        found = [item for item in self.elf.symbols if item.kind == FUNCTION and item.name == program]
        return found[0] if len(found) == 1 and found[0].section < len(self.elf.sections) else None


def source_of(data: bytes) -> ObjectSource | None:
    """Read an object's line information, or None where it cannot be read: the rest of an explanation stands alone."""
    try:
        return ObjectSource.read(data)
    except BadInput:
        return None


def _of_the_author(table: LineTable) -> LineTable:
    made = {}
    for name, rows in table.sections.items():
        own = [(at, item) for at, item in rows if not item.file.startswith(_FOREIGN)] or rows
        made[name] = tuple((at, replace(item, file=item.file.removeprefix("./"))) for at, item in own)
    return LineTable(made)
