"""The facts of a BPF object, the same on every machine: programs, maps, variables, helpers, licence, CO-RE roots.

It reads bytes and loads nothing; what a kernel makes of the object is client/loader's.
"""

from __future__ import annotations

from dataclasses import dataclass

from .bpf_code import Code, read_code
from .bpf_kinds import ProgramKind, kind_of_section
from .bpf_maps import BpfMap, read_maps
from .btf import QUALIFIERS, Btf, Kind
from .btf_types import c_type, size_of
from .c_type import CType
from .elf import FUNCTION, ElfObject, Section
from .errors import BadInput

MAX_OBJECT_BYTES = 16 * 1024 * 1024  # bytes, without DWARF
MAX_PROGRAMS = 1024
MAX_DATA_BYTES = 64 * 1024 * 1024  # of all data sections, zeros of .bss included
MAX_VARIABLES = 8192
_NO_BTF = Btf((), b"")
_SINGLE = (".text", ".BTF", ".BTF.ext", ".maps", "license", "version")
_DATA = (".rodata", ".data", ".bss")
_MAX_LICENSE_BYTES = 128


@dataclass(frozen=True, slots=True)
class Program:
    """A function that the kernel runs. helpers (ids) and kfuncs (names) are those of its subprograms too."""

    name: str
    section: str
    kind: ProgramKind
    instructions: int
    helpers: tuple[int, ...]
    kfuncs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a data section, `offset` and `size` in bytes; `type` is None where program.py cannot hold it."""

    name: str
    section: str
    offset: int
    size: int
    type: CType | None
    is_const: bool
    is_volatile: bool
    is_static: bool


@dataclass(frozen=True, slots=True)
class DataSection:
    """.rodata, .data, .bss or a named one: its bytes as the compiler set them, and its variables."""

    name: str
    image: bytes
    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class BpfObject:
    """What an object says of itself."""

    license: str
    programs: tuple[Program, ...]
    maps: tuple[BpfMap, ...]
    sections: tuple[DataSection, ...]
    core_roots: tuple[str, ...]
    btf: Btf

    @classmethod
    def parse(cls, data: bytes, *, where: str = "BPF object") -> BpfObject:
        """Read an object of at most MAX_OBJECT_BYTES. Raises: BadInput."""
        if len(data) > MAX_OBJECT_BYTES:
            raise BadInput(f"has more than {MAX_OBJECT_BYTES} bytes", where=where)
        elf = ElfObject.parse(data, where=where)
        names = [section.name for section in elf.sections]
        twice = next((name for name in _SINGLE if names.count(name) > 1), "")
        if twice:
            raise BadInput(f"has two sections {twice!r}", where=where)
        btf = _btf(elf)
        return cls(
            _license(elf),
            _programs(elf, where),
            read_maps(elf, btf, where=where),
            _data_sections(elf, btf, where),
            _core_roots(elf, btf),
            btf,
        )

    def struct(self, name: str) -> CType | None:
        """A struct by its name, or None. Raises: BadInput where program.py cannot hold it."""
        number = self.btf.find(name, Kind.STRUCT)
        return c_type(self.btf, number) if number else None

    def variable(self, name: str) -> Variable | None:
        """A variable by its name, or None."""
        return next((item for section in self.sections for item in section.variables if item.name == name), None)


def _btf(elf: ElfObject) -> Btf:
    section = elf.section(".BTF")
    return Btf.parse(bytes(section.data)) if section else _NO_BTF


def _license(elf: ElfObject) -> str:
    section = elf.section("license")
    raw = bytes(section.data[:_MAX_LICENSE_BYTES]) if section else b""
    try:
        return raw.partition(b"\0")[0].decode()
    except UnicodeDecodeError as error:
        raise BadInput("the licence is not UTF-8", where="license") from error


def _programs(elf: ElfObject, where: str) -> tuple[Program, ...]:
    code = read_code(elf, where=where)
    sections = [section for section in code.sections if section.name != ".text"]
    made = []
    for section in sections or code.sections:  # .text holds subprograms, unless there is nothing else (libbpf)
        kind = kind_of_section(section.name)
        for symbol in elf.symbols_in(section):
            if symbol.kind == FUNCTION:
                made.append(_program(code, section, kind, symbol.index))
    if len(made) > MAX_PROGRAMS:
        raise BadInput(f"has more than {MAX_PROGRAMS} programs", where=where)
    return tuple(made)


def _program(code: Code, section: Section, kind: ProgramKind, number: int) -> Program:
    function = code.functions[number]
    helpers, kfuncs = code.calls(number)
    return Program(function.name, section.name, kind, function.instructions, helpers, kfuncs)


def _is_data(section: Section) -> bool:
    return any(section.name == name or section.name.startswith(name + ".") for name in _DATA)


def _data_sections(elf: ElfObject, btf: Btf, where: str) -> tuple[DataSection, ...]:
    sections = [section for section in elf.sections if _is_data(section)]
    if sum(section.size for section in sections) > MAX_DATA_BYTES:
        raise BadInput(f"has more than {MAX_DATA_BYTES} bytes of variables", where=where)
    return tuple(_data_section(elf, btf, section) for section in sections)


def _data_section(elf: ElfObject, btf: Btf, section: Section) -> DataSection:
    image = bytes(section.data) if section.data else bytes(section.size)
    places = {symbol.name: symbol.value for symbol in elf.symbols_in(section)}
    number = btf.find(section.name, Kind.DATASEC)
    found = btf.types[number].places if number else ()
    if len(found) > MAX_VARIABLES:
        raise BadInput(f"has more than {MAX_VARIABLES} variables", where=section.name)
    made = []
    for place in found:
        item = btf.types[place.type]
        if item.kind != Kind.VAR:
            raise BadInput("holds something that is not a variable", where=section.name)
        offset = places.get(item.name, place.offset)  # the compiler leaves offsets to the linker, as libbpf does
        made.append(_variable(btf, place.type, section, offset))
    return DataSection(section.name, image, tuple(sorted(made, key=lambda item: (item.offset, item.name))))


def _variable(btf: Btf, number: int, section: Section, offset: int) -> Variable:
    item = btf.types[number]
    size = size_of(btf, item.type)
    if offset + size > section.size:
        raise BadInput(f"the variable {item.name[:64]!r} lies outside", where=section.name)
    try:
        made: CType | None = c_type(btf, item.type)
    except BadInput:
        made = None  # a type that no option can have
    kinds = _qualifiers(btf, item.type)
    return Variable(
        item.name, section.name, offset, size, made, Kind.CONST in kinds, Kind.VOLATILE in kinds, item.encoding == 0
    )


def _qualifiers(btf: Btf, number: int) -> set[Kind]:
    """Qualifiers on the way to the type itself, through arrays and typedefs."""
    made: set[Kind] = set()
    for _ in range(64):
        item = btf.types[number]
        if item.kind not in QUALIFIERS and item.kind not in (Kind.TYPEDEF, Kind.ARRAY):
            break
        made.add(item.kind)
        number = item.type
    return made


def _core_roots(elf: ElfObject, btf: Btf) -> tuple[str, ...]:
    section = elf.section(".BTF.ext")
    if section is None or not btf.types:
        return ()
    roots = {item.root for item in btf.core_relocations(bytes(section.data))}
    return tuple(sorted({btf.types[number].name for number in roots} - {""}))
