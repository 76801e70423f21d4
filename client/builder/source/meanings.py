"""What people see of a struct's members: the help of their comments, and what their bytes mean.

`/// @show WORD` in a member's comment says it; else the table of conventions.py does. How it looks is client/output's.
"""

from __future__ import annotations

from ....schemas.bpf_maps import STACK_TRACE
from ....schemas.bpf_object import BpfObject
from ....schemas.c_type import ARRAY, STRUCT, CType, Member
from ....schemas.errors import BadInput
from .comments import SourceDocs
from .conventions import FITTING, convention
from .doc_text import PLAIN, Command, Doc


class Meanings:
    """The meanings of one object's members, by the comments of its source and headers."""

    def __init__(self, facts: BpfObject, docs: SourceDocs) -> None:
        self._docs = docs
        self._stack_maps = sum(item.type == STACK_TRACE for item in facts.maps)

    def of(self, kind: CType) -> CType:
        """The same type with `help` and `show` of its members, nested ones too.

        Raises: BadInput with file and line where a @show does not fit its member.
        """
        if kind.kind == ARRAY and kind.item is not None:
            return kind._replace(item=self.of(kind.item))
        if kind.kind != STRUCT:
            return kind
        found = self._docs.struct(kind.name)
        docs = found.members if found else {}
        return kind._replace(
            members=tuple(self._member(item, kind, docs.get(item.name, _NO_DOC)) for item in kind.members)
        )

    def _member(self, member: Member, parent: CType, doc: Doc) -> Member:
        said = doc.last("show")
        if said is None:
            show = convention(member.name, member.type, parent=parent, stack_maps=self._stack_maps)
        else:
            show = "" if said.value == PLAIN else self._checked(said, member.name, member.type)
        return member._replace(type=self.of(member.type), help=doc.help, show=show)

    def _checked(self, said: Command, name: str, kind: CType) -> str:
        if not FITTING[said.value](kind):
            raise BadInput(
                f"{name}, {kind.name or kind.kind} of {kind.size} bytes, cannot be shown as {said.value}",
                where=said.place,
            )
        if said.value.endswith("-stack") and kind.kind != ARRAY and self._stack_maps != 1:
            raise BadInput(
                f"{name} would be the id of a stack, and the program has {self._stack_maps} stack trace maps",
                where=said.place,
                todo="Send the stack's addresses in an array of __u64",
            )
        return said.value


_NO_DOC = Doc()
