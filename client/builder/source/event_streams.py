"""Events to user space: which maps and iterator programs carry them, and which struct each record is.

The author says it (`/// @event struct NAME`), the program's own calls tell it, a name alike or the map's own type; else
it is guessed, aloud.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ....schemas import program as usage
from ....schemas.bpf_maps import PERF_EVENT_ARRAY, RINGBUF, BpfMap
from ....schemas.bpf_object import BpfObject
from ....schemas.btf import Kind
from ....schemas.c_type import STRUCT, CType
from ....schemas.errors import BadInput
from ....schemas.fields import Fields
from ....schemas.program import MAX_EVENTS, EventStream
from .comments import SourceDocs
from .conventions import FITTING
from .doc_text import Command
from .field_names import no_such_field
from .meanings import Meanings
from .sent_records import Sent

_TRANSPORTS = {RINGBUF: usage.RINGBUF, PERF_EVENT_ARRAY: usage.PERF}
_DUMMY = re.compile(r"__eunomia_dummy_(\w+)_ptr")  # how eunomia's compiler keeps a header's structs in the object
_EVENT_NAME = re.compile(r"(?:\w+_)?events?(?:_\w+)?")
_KERNEL_EVENT = re.compile(r"trace_event.*|perf_event.*|bpf_perf_event.*|syscall_trace.*|ftrace_event.*")
_STACK_FIELDS = ("pid", "cpu_id", "comm", "kstack_sz", "ustack_sz", "kstack", "ustack")
_STACKS = {"kstack": "kernel-stack", "ustack": "user-stack"}


def find_events(
    facts: BpfObject, docs: SourceDocs, header: tuple[str, ...], sent: Sent, meanings: Meanings, notices: list[str]
) -> tuple[EventStream, ...]:
    """The event streams; `header` are the structs that the program's headers define, in their order.

    `sent` are those that the program's own calls send.

    Raises: BadInput where an event struct cannot be shown, or a comment is wrong.
    """
    found = _Search(facts, docs, header or _dummies(facts), sent, meanings, notices, is_guess=not header)
    made = [stream for item in facts.maps if item.type in _TRANSPORTS and (stream := found.of_map(item))]
    for program in facts.programs:
        name = docs.of(program.name).event or next(iter(sent.get(program.name, ())), "")
        kind = found.struct(name, program.name) if name and program.kind.type == usage.ITERATOR else None
        if kind:
            made.append(EventStream(program.name, usage.ITERATOR, meanings.of(kind)))
    if len(made) > MAX_EVENTS:
        raise BadInput(f"has more than {MAX_EVENTS} event maps and programs", where="events")
    return tuple(made)


@dataclass(frozen=True, slots=True)
class _Search:
    facts: BpfObject
    docs: SourceDocs
    header: tuple[str, ...]
    sent: Sent
    meanings: Meanings
    notices: list[str]
    is_guess: bool  # there is no header: what was found may be none of the program's events

    def of_map(self, item: BpfMap) -> EventStream | None:
        said = self.docs.of(item.name).last("intepreter", "interpreter")
        kind = self.type_of(item)
        if kind is None:
            return None
        kind = self.meanings.of(kind)
        return EventStream(item.name, _TRANSPORTS[item.type], _with_stacks(kind, said) if said else kind)

    def type_of(self, item: BpfMap) -> CType | None:
        """By `@event struct X`, what is sent, a name alike, the map's value, or what alone can be meant."""
        name = self.docs.of(item.name).event or self.sent_one(item) or self.alike(item)
        if not name and item.value is not None and item.value.kind == STRUCT and item.value.members:
            return item.value
        name = name or (self.first(item) if self.header else self.only_event(item))
        return self.struct(name, f"the events of {item.name}") if name else None

    def sent_one(self, item: BpfMap) -> str:
        """The struct that the program's calls send; the first of the header's where they send several."""
        sent = self.sent.get(item.name, ())
        if len(sent) > 1:
            first = next((name for name in self.header if name in sent), sent[0])
            names = " and ".join(f"struct {name}" for name in sent[:8])
            self.notices.append(
                f"{item.name} carries {names}; its records are shown as struct {first}; "
                "say otherwise with /// @event struct NAME before the map"
            )
            return first
        return sent[0] if sent and self.facts.btf.find(sent[0], Kind.STRUCT) else ""

    def alike(self, item: BpfMap) -> str:
        alike = {item.name, item.name.removesuffix("s"), item.name.removesuffix("_events"), f"{item.name}_event"}
        alike |= {name.removesuffix("s") + "_event" for name in alike} | {item.name.removesuffix("s") + "_t"}
        return next((name for name in self.header or _structs(self.facts) if name in alike), "")

    def first(self, item: BpfMap) -> str:
        """The header's only struct that is called an event, or its first one."""
        named = [name for name in self.header if _EVENT_NAME.fullmatch(name)]
        if len(named) == 1 or len(self.header) == 1:
            return (named or self.header)[0]
        self.notices.append(
            f"{item.name} is taken to carry struct {self.header[0]}; "
            "say otherwise with /// @event struct NAME before the map"
        )
        return self.header[0]

    def only_event(self, item: BpfMap) -> str:
        """The program's only struct that is called an event; the kernel's are none of its."""
        named = {name for name in _structs(self.facts) if _EVENT_NAME.fullmatch(name)}
        found = [name for name in named - set(self.facts.core_roots) if not _KERNEL_EVENT.fullmatch(name)]
        if len(found) == 1:
            return found[0]
        self.notices.append(
            f"what the events of {item.name} are cannot be found, so they are not shown; "
            "say it with /// @event struct NAME before the map"
        )
        return ""

    def struct(self, name: str, user: str) -> CType | None:
        try:
            found = self.facts.struct(name)
        except BadInput as error:
            if not self.is_guess or any(doc.event == name for doc in self.docs.names.values()):
                raise
            self.notices.append(f"struct {name} cannot be shown, so {user} are not: {error.what}")
            return None
        if found is None:
            self.notices.append(f"struct {name} is not in the compiled program, so {user} are not shown")
        return found


def _structs(facts: BpfObject) -> list[str]:
    """Structs in the object itself: for one without a header, a name is all that there is to go by."""
    return [item.name for item in facts.btf.types if item.kind == Kind.STRUCT and item.name]


def _dummies(facts: BpfObject) -> tuple[str, ...]:
    variables = [item.name for section in facts.sections for item in section.variables]
    return tuple(found[1] for name in variables if (found := _DUMMY.fullmatch(name)))


def _with_stacks(kind: CType, said: Command) -> CType:
    """Show the stacks of `@intepreter {"stack_trace": {"field_map": {"kstack": "member"}}}` as stacks."""
    if said.json() == "default_struct":
        return kind
    places = said.fields("stack_trace").map("stack_trace")
    places.only("field_map", "with_symbols")
    places.boolean("with_symbols", default=True)
    names = places.map("field_map") if places.has("field_map") else Fields({}, places.at("field_map"))
    names.only(*_STACK_FIELDS)
    members = {member.name: member for member in kind.members}
    for field in _STACK_FIELDS:
        name = names.text(field, limit=128, default=field)
        if names.has(field) and name not in members:
            raise no_such_field(name, members, where=names.at(field))
        if field in _STACKS and name in members:
            if not FITTING[_STACKS[field]](members[name].type):
                raise BadInput(f"{name} is neither a stack's addresses nor its id", where=names.at(field))
            members[name] = members[name]._replace(show=_STACKS[field])
    if not {"kernel-stack", "user-stack"} & {member.show for member in members.values()}:
        raise BadInput(f"struct {kind.name} has no member kstack or ustack", where=said.place)
    return kind._replace(members=tuple(members.values()))
