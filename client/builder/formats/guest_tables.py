"""Write program.h of a Wasm guest: a package's options, events, maps to look at and programs, as tables of C.

The guest's code, which is the same for all programs, lies in guest/. What it cannot do is left out, and said.
"""

from __future__ import annotations

from collections.abc import Sequence

from ....schemas.bpf_maps import MAP_TYPES
from ....schemas.bpf_object import BpfObject
from ....schemas.c_type import ARRAY, BOOLEAN, ENUM, FLOAT, INTEGER, POINTER, STRING, STRUCT, CType, Member
from ....schemas.elf import NOBITS, ElfObject
from ....schemas.package import PackageConfig
from ....schemas.program import ITERATOR, LINEAR, LOG2, MapView, Option
from ...loader.target import ITERATORS, kind_of, open_targets
from ...output.things import labels
from .c_text import c_string

MOST_KEYS = 65_536  # of one map, at one look
_KINDS = {
    INTEGER: "INTEGER",
    BOOLEAN: "BOOLEAN",
    STRING: "TEXT",
    FLOAT: "REAL",
    ENUM: "ENUMERATION",
    POINTER: "POINTER",
    ARRAY: "ARRAY",
    STRUCT: "STRUCT",
}
_SETTABLE = (INTEGER, BOOLEAN, STRING, FLOAT, ENUM)
_LEAST_WIDTH, _MOST_WIDTH = 6, 32  # columns of a table


def guest_tables(config: PackageConfig, bpf_object: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of program.h, and what the guest leaves out. The same package gives the same text."""
    made = _Writer(config, bpf_object)
    return made.write(), tuple(made.left_out)


class _Writer:
    def __init__(self, config: PackageConfig, bpf_object: bytes) -> None:
        self.config = config
        self.size = len(bpf_object)
        self.places = {item.name: item.offset for item in ElfObject.parse(bpf_object).sections if item.kind != NOBITS}
        self.facts = BpfObject.parse(bpf_object)
        self.left_out: list[str] = []
        self.types: dict[CType, str] = {}
        self.lines: list[str] = []

    def write(self) -> str:
        usage = self.config.usage
        streams = [item for item in usage.events if item.transport != ITERATOR]
        views = [item for item in usage.views if self.can_look(item)]
        if len(streams) > 1:
            self.left_out.append(
                "of several event maps, upstream's hosts of wasm-bpf read the first one only; ecli reads all"
            )
        tables = [
            self.table("option", "options", [self.option(item) for item in usage.options if self.can_set(item)]),
            self.table(
                "stream", "streams",
                [
                    f"{{ {c_string(item.map)}, {c_string(label)}, {self.whole(item.type, 'value')} }}"
                    for item, label in zip(streams, labels(streams), strict=True)
                ],
            ),
            self.table("view", "views", [self.view(item) for item in views]),
            self.table("program", "programs", self.programs()),
        ]  # fmt: skip
        sizes = {
            "OBJECT_BYTES": self.size,
            "RECORD_BYTES": max((item.type.size for item in streams), default=1),
            "KEY_BYTES": max((item.key.size for item in views), default=1),
            "VALUE_BYTES": max((item.value.size for item in views), default=1),
            "MOST_KEYS": MOST_KEYS,
            "HAS_TARGET": int(any(self.is_open(item.section) for item in self.facts.programs)),
        }
        about = self.config.description or f"The BPF program {self.config.name}"
        return "\n".join(
            [
                "/* Written by ecli build. */",
                "#ifndef PROGRAM_H",
                "#define PROGRAM_H",
                '#include "tables.h"',
                *(f"#define {name} {number}" for name, number in sizes.items()),
                f"static const char name[] = {c_string(self.config.name)};",
                f"static const char about[] = {c_string(f'{self.config.name} {self.config.version}: {about}')};",
                "static u8 object_bytes[] = {",
                '#embed "object.o"',
                "};",
                *self.lines,
                *tables,
                "#endif",
                "",
            ]
        )

    def table(self, kind: str, name: str, rows: Sequence[str]) -> str:
        """An array, with one empty item where there is none, for C has no empty ones."""
        text = ",\n".join(f"\t{row}" for row in rows or ["{ 0 }"])
        return f"#define {name.upper()} {len(rows)}u\nstatic const struct {kind} {name}[] = {{\n{text}\n}};"

    def can_set(self, option: Option) -> bool:
        if option.section in self.places and option.type.kind in _SETTABLE and option.type.size <= 8 * 4096:
            return True
        self.left_out.append(
            f"option --{option.long} is none of app.wasm: {option.section} is not in the object's file"
        )
        return False

    def option(self, item: Option) -> str:
        letter = f"'{item.short}'" if item.short else "0"
        place = self.places[item.section] + item.offset
        long, text = item.long.replace("_", "-"), _help(item)
        return f"{{ {c_string(long)}, {letter}, {place}, {self.type(item.type)}, {c_string(text)} }}"

    def can_look(self, view: MapView) -> bool:
        kind = next(item.type_name for item in self.facts.maps if item.name == view.map)
        if "percpu" in kind:
            self.left_out.append(f"map {view.map} is not shown by app.wasm: hosts differ in values of {kind} maps")
        return "percpu" not in kind

    def view(self, item: MapView) -> str:
        kind = next(found.type for found in self.facts.maps if found.name == item.map)
        slots = _slots(item.value)
        show = {LOG2: "LOG2", LINEAR: "LINEAR"}.get(item.show, "ROWS") if slots is not None else "ROWS"
        return ", ".join(
            [
                f"{{ {c_string(item.map)}",
                c_string(item.unit),
                show,
                str(int(item.clear)),
                str(int(MAP_TYPES[kind] == "array")),
                f"{item.interval}u",
                self.whole(item.key, "key"),
                self.whole(item.value, "value"),
                self.type(slots.type) if slots is not None else "0",
                str(slots.offset) if slots is not None else "0",
                f"{item.step}ll",
                f"{item.base + 1}ll - 1 }}" if item.base < 0 else f"{item.base}ll }}",
            ]
        )

    def programs(self) -> list[str]:
        told = {item.program: dict(item.defaults) for item in self.config.usage.attach}
        made = []
        for item in self.facts.programs:
            if kind_of(item.section)[0] in ITERATORS:
                self.left_out.append(
                    f"program {item.name} is not attached by app.wasm: hosts of wasm-bpf read no iterator"
                )
                continue
            place = told.get(item.name, {})
            where = place.get("interface", "") or place.get("cgroup", "")
            target = c_string(where) if where and not where.isdecimal() else "0"
            made.append(f"{{ {c_string(item.name)}, {target}, {int(self.is_open(item.section))} }}")
        return made

    def is_open(self, section: str) -> bool:
        return bool({"interface", "cgroup"} & open_targets(section).keys())

    def whole(self, kind: CType, name: str) -> str:
        """A record's type: a struct, if need be of one member."""
        return self.type(kind if kind.kind == STRUCT else CType(STRUCT, kind.size, members=(Member(name, 0, kind),)))

    def type(self, kind: CType) -> str:
        """A pointer to a type's table, which is written when it is met first."""
        plain = _without_names(kind)
        if plain not in self.types:
            count, item, fields, words = kind.length, "0", "0", "0"
            if kind.kind == ARRAY and kind.item is not None:
                item = self.type(kind.item)
            elif kind.kind == STRUCT:
                count, fields = self.fields(_flat(kind, "", 0))
            elif kind.kind == ENUM:
                count, words = self.words(kind.values)
            self.types[plain] = f"type_{len(self.types)}"
            self.lines.append(
                f"static const struct type {self.types[plain]} = {{ {_KINDS[kind.kind]}, {int(kind.signed)}, "
                f"{kind.size}, {count}, {item}, {fields}, {words} }};"
            )
        return f"&{self.types[plain]}"

    def fields(self, fields: list[Member]) -> tuple[int, str]:
        rows = [
            f"{{ {c_string(item.name)}, {item.offset}, {_width(item)}, {self.type(item.type)} }}" for item in fields
        ]
        return self.list("field", rows)

    def words(self, values: tuple[tuple[str, int], ...]) -> tuple[int, str]:
        rows = [f"{{ {c_string(word)}, (s64){value & (1 << 64) - 1}ull }}" for word, value in values]
        return self.list("word", rows)

    def list(self, kind: str, rows: Sequence[str]) -> tuple[int, str]:
        """Write a list of fields or words; how many they are, and what it is called."""
        if not rows:
            return 0, "0"
        name = f"{kind}s_{len(self.lines)}"
        self.lines.append(f"static const struct {kind} {name}[] = {{ {', '.join(rows)} }};")
        return len(rows), name


def _help(item: Option) -> str:
    """Its text in one line, and its default where that says something."""
    text = item.help.replace("\n", " ")
    return f"{text} [{item.default}]" if item.default and item.type.kind != BOOLEAN else text


def _without_names(kind: CType) -> CType:
    """The type without names that the guest does not show, so that equal ones are written once."""
    return kind._replace(
        name="",
        item=_without_names(kind.item) if kind.item is not None else None,
        members=tuple(Member(member.name, member.offset, _without_names(member.type)) for member in kind.members),
    )


def _flat(kind: CType, before: str, offset: int) -> list[Member]:
    """The members, those of structs inside under dotted names, as client/output has them."""
    made = []
    for member in kind.members:
        name = f"{before}.{member.name}" if before and member.name else before or member.name
        if member.type.kind == STRUCT:
            made += _flat(member.type, name, offset + member.offset)
        else:
            made.append(Member(name, offset + member.offset, member.type))
    return made


def _width(member: Member) -> int:
    """Columns of a table that most values need."""
    size = member.type.size
    usual = {INTEGER: 10, POINTER: 18, ENUM: 12, STRING: size - 1}.get(member.type.kind, 8)
    if member.type.kind == INTEGER:
        usual = 7 if size <= 4 else 12
    return max(_LEAST_WIDTH, min(_MOST_WIDTH, usual), len(member.name))


def _slots(value: CType) -> Member | None:
    """The array of a histogram: the member `slots`, or the value itself."""
    found = next((item for item in value.members if item.name == "slots"), Member("value", 0, value))
    return found if found.type.kind == ARRAY and found.type.item and found.type.item.kind == INTEGER else None
