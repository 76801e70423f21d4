"""Doc comments of C source, by the names they stand before: variables, maps, functions, structs and their members.

Which comment belongs to which name; what it says is read in doc_text.py. Commands follow eunomia's way.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from .declarations import Declaration, Token, declarations, name_of, tokens_of
from .doc_text import Doc, read_doc

MAX_UNNAMED_DEPTH = 8  # unnamed structs and unions in each other
FLAVOUR = "___"  # struct task_struct___old is the kernel's, as another kernel has it (CO-RE)


@dataclass(frozen=True, slots=True)
class StructDoc:
    """A struct that the text defines: its own comment and those of its members."""

    name: str
    doc: Doc
    members: dict[str, Doc]


@dataclass(frozen=True, slots=True)
class SourceDocs:
    """All comments of one file; `structs` in the order of their definition."""

    names: dict[str, Doc] = field(default_factory=dict)
    structs: tuple[StructDoc, ...] = ()

    def of(self, name: str) -> Doc:
        """The comment before a name, empty where there is none."""
        return self.names.get(name, Doc())

    def struct(self, name: str) -> StructDoc | None:
        """The struct of that name, if the text defines it."""
        return next((item for item in self.structs if item.name == name), None)


NO_DOCS = SourceDocs()  # for an object without its source


def read_comments(text: str, *, file: str) -> SourceDocs:
    """Read the doc comments of a C file. Raises: BadInput where a command's JSON is broken, with file and line."""
    names: dict[str, Doc] = {}
    structs: list[StructDoc] = []
    for item in declarations(tokens_of(text, file=file)):
        doc = _doc(item, file)
        if _defines_struct(item.tokens):
            structs.append(StructDoc(item.tokens[1].text, doc, _members(item.tokens[3:], file)))
        name = name_of(item)
        if name and (item.comments or name not in names):
            names[name] = doc
    return SourceDocs(names, tuple(structs))


def _doc(item: Declaration, file: str) -> Doc:
    return read_doc([(token.text, token.line) for token in item.comments], file=file)


def _defines_struct(tokens: list[Token]) -> bool:
    words = [token.text for token in tokens[:3]]
    return len(words) == 3 and words[0] == "struct" and tokens[1].kind == "word" and words[2] == "{"


def _members(tokens: list[Token], file: str, depth: int = 0) -> dict[str, Doc]:
    """Members by name, with those of unnamed structs and unions inside, as C sees them."""
    made: dict[str, Doc] = {}
    for item in declarations(tokens):
        name = name_of(item)
        if name and item.comments:
            made[name] = _doc(item, file)
        if not name and depth < MAX_UNNAMED_DEPTH:
            inner = next((index for index, token in enumerate(item.tokens) if token.text == "{"), None)
            made |= _members(item.tokens[inner + 1 :], file, depth + 1) if inner is not None else {}
    return made
