"""How a program is used, as its config says: options (variables set before loading) and events (what it prints).

Both were found by the builder in the object's BTF. The C types are kept as a small tree, so that running an installed
package needs no BTF parser.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .errors import BadInput
from .fields import Fields

MAX_OPTIONS = 128
MAX_EVENTS = 16
MAX_MEMBERS = 256
MAX_TYPE_DEPTH = 8
MAX_VALUE_BYTES = 64 * 1024  # bytes of one variable or event

INTEGER, BOOLEAN, STRING, FLOAT, ENUM, POINTER, ARRAY, STRUCT = (
    "integer",
    "boolean",
    "string",
    "float",
    "enum",
    "pointer",
    "array",
    "struct",
)
_KINDS = frozenset({INTEGER, BOOLEAN, STRING, FLOAT, ENUM, POINTER, ARRAY, STRUCT})


@dataclass(frozen=True, slots=True)
class CType:
    """A C type. `size` in bytes; `count` items of `item` for arrays; `members` for structs; `values` for enums."""

    kind: str
    size: int
    name: str = ""
    signed: bool = False
    count: int = 0
    item: CType | None = None
    members: tuple[Member, ...] = ()
    values: tuple[tuple[str, int], ...] = ()

    @classmethod
    def read(cls, fields: Fields, depth: int = 0) -> CType:
        """Read a type of at most MAX_TYPE_DEPTH levels. Raises: BadInput."""
        kind = fields.text("kind", limit=16)
        if kind not in _KINDS:
            raise BadInput(f"{kind!r} is not a kind of type", where=fields.at("kind"))
        if depth > MAX_TYPE_DEPTH:
            raise BadInput(f"is nested more than {MAX_TYPE_DEPTH} deep", where=fields.where)
        size = fields.integer("size", high=MAX_VALUE_BYTES)
        made = cls(
            kind,
            size,
            fields.text("name", limit=128, default=""),
            fields.boolean("signed", default=False),
            fields.integer("count", high=MAX_VALUE_BYTES, default=0),
            cls.read(fields.map("item"), depth + 1) if kind == ARRAY else None,
            tuple(Member.read(item, depth + 1) for item in fields.maps("members", limit=MAX_MEMBERS, default=[])),
            tuple(
                (item.text("name", limit=128), item.integer("value", low=-(2**63), high=2**64 - 1))
                for item in fields.maps("values", limit=1024, default=[])
            ),
        )
        made._check(fields.where)
        return made

    def _check(self, where: str) -> None:
        if self.kind in (INTEGER, ENUM, POINTER) and self.size not in (1, 2, 4, 8, 16):
            raise BadInput(f"a {self.kind} cannot have {self.size} bytes", where=where)
        if self.kind == FLOAT and self.size not in (4, 8):
            raise BadInput(f"a float cannot have {self.size} bytes", where=where)
        if self.kind == BOOLEAN and self.size != 1:
            raise BadInput("a boolean has one byte", where=where)
        if self.item is not None and (self.item.size * self.count != self.size or self.count > self.size):
            raise BadInput("an array's size is not its count times its item's", where=where)
        if any(member.offset + member.type.size > self.size for member in self.members):
            raise BadInput("a member lies outside its struct", where=where)

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without empty fields."""
        made: dict[str, Any] = {"kind": self.kind, "size": self.size}
        if self.name:
            made["name"] = self.name
        if self.signed:
            made["signed"] = True
        if self.item is not None:
            made |= {"count": self.count, "item": self.item.to_json()}
        if self.members:
            made["members"] = [member.to_json() for member in self.members]
        if self.values:
            made["values"] = [{"name": name, "value": value} for name, value in self.values]
        return made


@dataclass(frozen=True, slots=True)
class Member:
    """A struct's member: `offset` in bytes from the struct's start; `help` is its comment."""

    name: str
    offset: int
    type: CType
    help: str = ""

    @classmethod
    def read(cls, fields: Fields, depth: int) -> Member:
        """Read a member. Raises: BadInput."""
        return cls(
            fields.text("name", limit=128),
            fields.integer("offset", high=MAX_VALUE_BYTES),
            CType.read(fields.map("type"), depth),
            fields.text("help", limit=1024, default=""),
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        made: dict[str, Any] = {"name": self.name, "offset": self.offset, "type": self.type.to_json()}
        return made | ({"help": self.help} if self.help else {})


@dataclass(frozen=True, slots=True)
class Option:
    """A variable that a user may set before loading: `offset` in bytes in data section `section` (".rodata", …)."""

    name: str
    long: str
    short: str
    help: str
    section: str
    offset: int
    type: CType
    default: int | float | str | bool | None = None

    @classmethod
    def read(cls, fields: Fields) -> Option:
        """Read an option. Raises: BadInput."""
        default = fields.raw("default")
        if default is not None and not isinstance(default, int | float | str | bool):
            raise BadInput("must be a number, text, true or false", where=fields.at("default"))
        return cls(
            fields.text("name", limit=128),
            fields.text("long", limit=64),
            fields.text("short", limit=1, default=""),
            fields.text("help", limit=1024, default=""),
            fields.text("section", limit=64),
            fields.integer("offset", high=2**24),
            CType.read(fields.map("type")),
            default,
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object, without empty fields."""
        made: dict[str, Any] = {"name": self.name, "long": self.long}
        if self.short:
            made["short"] = self.short
        if self.help:
            made["help"] = self.help
        made |= {"section": self.section, "offset": self.offset, "type": self.type.to_json()}
        return made | ({"default": self.default} if self.default is not None else {})


@dataclass(frozen=True, slots=True)
class EventStream:
    """A map that carries events to user space: `transport` is "ringbuf" or "perf"; each record is one `type` struct."""

    map: str
    transport: str
    type: CType

    @classmethod
    def read(cls, fields: Fields) -> EventStream:
        """Read a stream. Raises: BadInput."""
        transport = fields.text("transport", limit=16)
        if transport not in ("ringbuf", "perf"):
            raise BadInput(f"{transport!r} is not ringbuf or perf", where=fields.at("transport"))
        return cls(fields.text("map", limit=128), transport, CType.read(fields.map("type")))

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        return {"map": self.map, "transport": self.transport, "type": self.type.to_json()}


@dataclass(frozen=True, slots=True)
class Usage:
    """All options and event streams of a program."""

    options: tuple[Option, ...] = ()
    events: tuple[EventStream, ...] = ()

    @classmethod
    def read(cls, fields: Fields) -> Usage:
        """Read a config's usage. Raises: BadInput."""
        return cls(
            tuple(Option.read(item) for item in fields.maps("options", limit=MAX_OPTIONS, default=[])),
            tuple(EventStream.read(item) for item in fields.maps("events", limit=MAX_EVENTS, default=[])),
        )
