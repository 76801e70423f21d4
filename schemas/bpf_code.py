"""What the instructions of an object call: helpers, kfuncs, and through subprograms (kernel: instruction-set.rst).

Nothing is emulated: a helper cannot be called indirectly, so the list is complete.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from .elf import EXECUTABLE, FUNCTION, PROGBITS, SECTION, UNDEFINED, ElfObject, Section, Symbol
from .errors import BadInput

INSTRUCTION_BYTES = 8
MAX_INSTRUCTIONS = 1_000_000  # of an object: the verifier's own limit for one program
MAX_FUNCTIONS = 4096
_INSTRUCTION = struct.Struct("<BBhi")
_CALL, _LOAD_IMM64 = 0x85, 0x18
_HELPER, _SUBPROGRAM, _KFUNC = 0, 1, 2  # source register of a call
_FUNCTION_ADDRESS = 4  # source register of a load that takes a subprogram's address


@dataclass(frozen=True, slots=True)
class Function:
    """One function: what it calls itself, and the symbols' indices of the subprograms that it reaches."""

    name: str
    instructions: int
    helpers: frozenset[int]
    kfuncs: frozenset[str]
    callees: frozenset[int]


@dataclass(frozen=True, slots=True)
class Code:
    """Executable sections and the functions in them by their symbols' indices."""

    sections: tuple[Section, ...]
    functions: dict[int, Function]

    def calls(self, number: int) -> tuple[tuple[int, ...], tuple[str, ...]]:
        """Helper ids and kfunc names of a function and everything that it reaches, sorted."""
        seen, waiting = {number}, [number]
        helpers: set[int] = set()
        kfuncs: set[str] = set()
        while waiting:
            function = self.functions[waiting.pop()]
            helpers |= function.helpers
            kfuncs |= function.kfuncs
            waiting += function.callees - seen
            seen |= function.callees
        return tuple(sorted(helpers)), tuple(sorted(kfuncs))


def read_code(elf: ElfObject, *, where: str) -> Code:
    """Read all functions of an object, at most MAX_INSTRUCTIONS and MAX_FUNCTIONS. Raises: BadInput."""
    sections = tuple(
        section for section in elf.sections if section.kind == PROGBITS and section.flags & EXECUTABLE and section.size
    )
    if sum(section.size for section in sections) > MAX_INSTRUCTIONS * INSTRUCTION_BYTES:
        raise BadInput(f"has more than {MAX_INSTRUCTIONS} instructions", where=where)
    starts = _starts(elf, sections, where)
    if len(starts) > MAX_FUNCTIONS:
        raise BadInput(f"has more than {MAX_FUNCTIONS} functions", where=where)
    functions: dict[int, Function] = {}
    for section in sections:
        functions |= _Section(elf, section, starts, where).read()
    return Code(sections, functions)


def _starts(elf: ElfObject, sections: tuple[Section, ...], where: str) -> dict[tuple[int, int], int]:
    """Where functions begin: (section, byte) -> symbol. They must fill whole instructions and not overlap."""
    made: dict[tuple[int, int], int] = {}
    for section in sections:
        end = 0
        for symbol in elf.symbols_in(section):
            if symbol.kind != FUNCTION:
                continue
            odd = symbol.value % INSTRUCTION_BYTES or symbol.size % INSTRUCTION_BYTES or not symbol.size
            if odd or symbol.value < end or symbol.value + symbol.size > section.size:
                raise BadInput(f"the function {symbol.name[:64]!r} has odd bounds", where=where)
            end = symbol.value + symbol.size
            made[section.index, symbol.value] = symbol.index
    return made


class _Section:
    def __init__(self, elf: ElfObject, section: Section, starts: dict[tuple[int, int], int], where: str) -> None:
        self.elf = elf
        self.section = section
        self.starts = starts
        self.where = where
        links = elf.relocations(section, where=where)
        self.links = {item.offset: item.symbol for item in links}
        if len(self.links) != len(links):
            raise BadInput("relocates one instruction twice", where=section.name)

    def read(self) -> dict[int, Function]:
        if self.section.size % INSTRUCTION_BYTES:
            raise BadInput("does not hold whole instructions", where=self.section.name)
        symbols = [symbol for symbol in self.elf.symbols_in(self.section) if symbol.kind == FUNCTION]
        return {symbol.index: self.function(symbol) for symbol in symbols}

    def function(self, symbol: Symbol) -> Function:
        helpers: set[int] = set()
        kfuncs: set[str] = set()
        callees: set[int] = set()
        data = self.section.data[symbol.value : symbol.value + symbol.size]
        for number, (code, registers, _, value) in enumerate(_INSTRUCTION.iter_unpack(data)):
            if code not in (_CALL, _LOAD_IMM64):
                continue
            at = symbol.value + number * INSTRUCTION_BYTES
            source = registers >> 4
            link = self.links.get(at)
            if code == _LOAD_IMM64:
                callees |= self.address(at, value, source, link)
            elif link is not None and link.section == UNDEFINED:
                kfuncs.add(link.name)
            elif source == _HELPER and link is None:
                helpers.add(value)
            elif source == _KFUNC:
                kfuncs.add(f"#{value}")
            elif source in (_HELPER, _SUBPROGRAM):
                callees.add(self.callee(at, value, link))
            else:
                raise BadInput(f"has a call of an unknown form at byte {at}", where=self.section.name)
        return Function(
            symbol.name, symbol.size // INSTRUCTION_BYTES, frozenset(helpers), frozenset(kfuncs), frozenset(callees)
        )

    def callee(self, at: int, value: int, link: Symbol | None) -> int:
        """A call's distance counts from the next instruction; a relocated one's from its symbol."""
        if link is None:
            place = (self.section.index, at + (value + 1) * INSTRUCTION_BYTES)
        else:
            extra = (value + 1) * INSTRUCTION_BYTES if link.kind == SECTION else 0
            place = (link.section, link.value + extra)
        return self.target(place, at)

    def address(self, at: int, value: int, source: int, link: Symbol | None) -> set[int]:
        if link is None:
            if source == _FUNCTION_ADDRESS:
                return {self.target((self.section.index, at + (value + 1) * INSTRUCTION_BYTES), at)}
            return set()
        if link.section >= len(self.elf.sections) or not self.elf.sections[link.section].flags & EXECUTABLE:
            return set()
        return {self.target((link.section, link.value + (value if link.kind == SECTION else 0)), at)}

    def target(self, place: tuple[int, int], at: int) -> int:
        if place not in self.starts:
            raise BadInput(f"has a call at byte {at} that leads to no function", where=self.section.name)
        return self.starts[place]
