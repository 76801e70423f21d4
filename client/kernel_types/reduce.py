"""Reduce a kernel's BTF to what libbpf needs to fit one object to that kernel: some hundred bytes of five million.

Every type that libbpf would consider stays one, with offsets and sizes unchanged, so that each relocation gets the
same answer, doubts included. As `bpftool gen min_core_btf` does it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...schemas.bpf_kinds import kind_of_section
from ...schemas.btf import QUALIFIERS, Btf, BtfType, CoreRelocation, Kind
from ...schemas.btf_writer import Strings, write_btf
from ...schemas.elf import ElfObject
from ...schemas.errors import BadInput
from .index import KernelTypes
from .resolve import COMPOSITE, ENUMS, FIELDS, VALUES, CoreKind, Need, Resolver, Unusual, behind, read_need

MAX_KEPT_TYPES = 32768
_BY_KERNEL_TYPE = frozenset(  # hooks whose programs name a type or function of the running kernel
    {"tp_btf", "fentry", "fexit", "fsession", "fmod_ret", "freplace", "lsm", "lsm_cgroup", "iter", "struct_ops"}
)
_KERNEL_SYMBOLS = ".ksyms"


@dataclass(frozen=True, slots=True)
class Wants:
    """What an object wants of a kernel's types: its relocations, and whether `own` ones of the running kernel too."""

    btf: Btf
    relocations: tuple[CoreRelocation, ...]
    own: bool


def reduced(bpf_object: bytes, kernel_btf: bytes, *, standalone: bool = False) -> bytes | None:
    """Make the least BTF by which libbpf relocates this object as by `kernel_btf` (at most MAX_KERNEL_BTF_BYTES).

    None where it would not do: the object has nothing to relocate, needs the running kernel's own types for more than
    that (kfuncs, fentry, tp_btf, …), or names a type that may be a module's. `standalone` is for kernels without BTF
    of their own, where these are all types there will be. Raises: BadInput.
    """
    wants = wanted(bpf_object)
    if not wants.relocations or (wants.own and not standalone):
        return None
    try:
        return _Reducer(wants, KernelTypes(kernel_btf), standalone=standalone).run()
    except Unusual:
        return None


def wanted(bpf_object: bytes) -> Wants:
    """Read what an object wants of a kernel's types. Raises: BadInput."""
    elf = ElfObject.parse(bpf_object)
    section, ext = elf.section(".BTF"), elf.section(".BTF.ext")
    if section is None:
        return Wants(Btf((), b""), (), own=False)
    btf = Btf.parse(bytes(section.data))
    relocations = btf.core_relocations(bytes(ext.data)) if ext else []
    kinds = [kind_of_section(item.name) for item in elf.sections]
    hooks = {kind.hook for kind in kinds if not kind.optional}
    own = bool(hooks & _BY_KERNEL_TYPE) or any(name.startswith("struct_ops.") for name in hooks)
    return Wants(btf, tuple(relocations), own or _has_typed_symbols(btf))


def _has_typed_symbols(btf: Btf) -> bool:
    """Kfuncs and variables of the kernel with a type; those that are only addresses come from kallsyms."""
    number = btf.find(_KERNEL_SYMBOLS, Kind.DATASEC) if btf.types else 0
    for place in btf.types[number].places if number else ():
        item = btf.types[place.type]
        if item.kind != Kind.VAR or btf.resolved(item.type).kind != Kind.VOID:
            return True
    return False


class _Reducer:
    def __init__(self, wants: Wants, kernel: KernelTypes, *, standalone: bool) -> None:
        self.kernel = kernel
        self.standalone = standalone
        self.resolver = Resolver(wants.btf, kernel)
        distinct = {(item.root, item.access, item.kind): item for item in wants.relocations}
        self.needs = [read_need(wants.btf, item) for item in distinct.values()]
        self.kept: dict[int, set[int]] = {}  # types, and of structs and enums the members and values
        self.seen: set[tuple[int, bool, bool]] = set()

    def run(self) -> bytes | None:
        needs = [item for item in self.needs if item.relocation.kind != CoreKind.LOCAL_ID]
        named = self.kernel.named({item.name for item in needs} - {""})
        for need in needs:
            found = self.resolver.candidates(need, named)
            if not need.name or (not self.standalone and self.is_elsewhere(need, found)):
                return None
            for number in found:
                self.keep_candidate(need, number)
        self.keep_last_members()
        return self.write()

    def is_elsewhere(self, need: Need, found: list[int]) -> bool:
        """Whether libbpf would look at more than these types: at modules', or at their numbers in this kernel."""
        return not found or need.relocation.kind == CoreKind.TARGET_ID

    def keep_candidate(self, need: Need, number: int) -> None:
        kind = need.relocation.kind
        if kind in FIELDS:
            way, _ = self.resolver.way(need, number)
            for passed in way.passed:
                self.keep(passed)
            for struct, place in way.members:
                self.kept[struct].add(place)
        elif kind in VALUES:
            self.keep(number)
            enum, value = self.resolver.value(need, number)
            self.kept[enum].update({0, value or 0} if self.kernel[enum].values else ())  # libbpf logs the first always
        else:
            self.keep(number, pointees=True, members=kind == CoreKind.TYPE_MATCHES)

    def keep(self, number: int, *, pointees: bool = False, members: bool = False) -> None:
        """Keep a type and what it is made of; what pointers point to, and all members, where that is compared."""
        waiting = [(number, pointees, members)]
        while waiting:
            item = waiting.pop()
            if item in self.seen or not item[0]:
                continue
            self.seen.add(item)
            waiting += self.visit(*item)

    def visit(self, number: int, pointees: bool, members: bool) -> Iterable[tuple[int, bool, bool]]:
        item = self.kernel[number]
        kept = self.kept.setdefault(number, set())
        if len(self.kept) > MAX_KEPT_TYPES:
            raise BadInput(f"takes more than {MAX_KEPT_TYPES} of the kernel's types", where="BPF object")
        match item.kind:
            case Kind.TYPEDEF | Kind.CONST | Kind.VOLATILE | Kind.RESTRICT | Kind.TYPE_TAG:
                return [(item.type, pointees, members)]
            case Kind.PTR:  # behind a pointer, of structs only the names are compared
                return [(item.type, True, False)] if pointees else []
            case Kind.ARRAY:
                return [(item.type, pointees, members), (item.index, False, False)]
            case Kind.FUNC_PROTO:
                return [(part, pointees, members) for part in (item.type, *(row.type for row in item.members))]
            case Kind.STRUCT | Kind.UNION if members:
                kept.update(range(len(item.members)))
                return [(row.type, pointees, members) for row in item.members]
            case Kind.ENUM | Kind.ENUM64 if pointees:
                kept.update(range(len(item.values)))
            case Kind.FUNC | Kind.VAR | Kind.DATASEC | Kind.DECL_TAG:
                raise Unusual(item.kind.name)
            case _:
                pass
        return []

    def keep_last_members(self) -> None:
        """An array without length is open-ended in the last place only: what follows it must not go."""
        for number, places in list(self.kept.items()):
            members = self.kernel[number].members if self.kernel[number].kind in COMPOSITE else ()
            for place in list(places):
                item = self.kernel[behind(self.kernel, members[place].type)] if members else None
                if item and item.kind == Kind.ARRAY and not item.count and place < len(members) - 1:
                    self.keep(members[-1].type)
                    places.add(len(members) - 1)

    def write(self) -> bytes:
        numbers = {old: new for new, old in enumerate(sorted(self.kept), 1)}
        types = (self.rewritten(old, numbers) for old in numbers)
        return write_btf(types, Strings())

    def rewritten(self, old: int, numbers: dict[int, int]) -> BtfType:
        item = self.kernel[old]
        kept = sorted(self.kept[old])
        if item.kind in COMPOSITE:
            rows = [item.members[place] for place in kept]
            members = tuple(replace(row, type=numbers.get(row.type, 0)) for row in rows)
            return replace(item, members=members, flag=any(row.bits for row in rows))
        if item.kind in ENUMS:
            return replace(item, values=tuple(item.values[place] for place in kept))
        if item.kind == Kind.FUNC_PROTO:
            rows = [replace(row, type=numbers.get(row.type, 0)) for row in item.members]
            return replace(item, type=numbers.get(item.type, 0), members=tuple(rows))
        if item.kind == Kind.ARRAY:
            return replace(item, type=numbers.get(item.type, 0), index=numbers.get(item.index, 0))
        if item.kind in QUALIFIERS or item.kind in (Kind.PTR, Kind.TYPEDEF):
            return replace(item, type=numbers.get(item.type, 0))
        return item
