"""C types as they travel in a package's config: a small tree, so that running a package needs no BTF parser.

A named tuple each, for these are made at every start of an installed program. How values look is client/output's.
"""

from __future__ import annotations

from .errors import BadInput
from .named import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from .fields import Fields

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

# What a member's bytes mean to people, where its C type does not tell.
SHOWS = (
    "time",  # nanoseconds since boot, as bpf_ktime_get_ns() counts
    "duration",  # nanoseconds
    "size",  # bytes
    "address",  # of memory; in the kernel's part with its symbol
    "ip",  # in network byte order: 4 bytes, 16 bytes, or 16 of which the first 4 count where a member `family` is 2
    "port",  # in network byte order
    "mac",
    "signal",
    "errno",  # a negative error code, as the kernel returns it; other numbers stand for themselves
    "mode",  # of a file, octal
    "open-flags",  # of open(2)
    "syscall",  # number of a system call
    "hex",
    "path",  # text that is cut in its middle, not at its end
    "kernel-stack",  # addresses, or an id in the object's only stack trace map
    "user-stack",  # likewise; a member `pid` or `tgid` names the process
)


class CType(NamedTuple):
    """A C type. `size` in bytes; `length` items of `item` for arrays; `members` for structs; `values` for enums."""

    kind: str
    size: int
    name: str = ""
    signed: bool = False
    length: int = 0
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
        if self.item is not None and (self.item.size * self.length != self.size or self.length > self.size):
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
            made |= {"count": self.length, "item": self.item.to_json()}
        if self.members:
            made["members"] = [member.to_json() for member in self.members]
        if self.values:
            made["values"] = [{"name": name, "value": value} for name, value in self.values]
        return made


class Member(NamedTuple):
    """A struct's member: `offset` in bytes from the struct's start; `help` is its comment; `show` one of SHOWS."""

    name: str
    offset: int
    type: CType
    help: str = ""
    show: str = ""

    @classmethod
    def read(cls, fields: Fields, depth: int) -> Member:
        """Read a member; a `show` of a later version has no effect. Raises: BadInput."""
        show = fields.text("show", limit=32, default="")
        return cls(
            fields.text("name", limit=128),
            fields.integer("offset", high=MAX_VALUE_BYTES),
            CType.read(fields.map("type"), depth),
            fields.text("help", limit=1024, default=""),
            show if show in SHOWS else "",
        )

    def to_json(self) -> dict[str, Any]:
        """The JSON object."""
        made: dict[str, Any] = {"name": self.name, "offset": self.offset, "type": self.type.to_json()}
        made |= {"help": self.help} if self.help else {}
        return made | ({"show": self.show} if self.show else {})
