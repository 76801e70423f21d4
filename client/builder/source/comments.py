"""Doc comments of C source, by the names they stand before: variables, maps, functions, structs and their members.

A tokenizer that knows comments, strings and the preprocessor's lines; no C parser. Commands follow eunomia's way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ....schemas.errors import BadInput
from .doc_text import Doc, read_doc

MAX_TOKENS = 500_000
MAX_UNNAMED_DEPTH = 8  # unnamed structs and unions in each other
# Possessive quantifiers stand on single characters only: on groups they match wrongly before Python 3.11.5. What is
# never closed runs to its end, so that no text costs more than linear time.
_TOKEN = re.compile(
    r"""
      (?P<doc>///(?!/)[^\n]* | /\*\*(?![*/]).*?(?:\*/|\Z))
    | (?P<comment>//[^\n]* | /\*.*?(?:\*/|\Z))
    | (?P<directive>^[ \t]*\#(?:[^\n\\/]++|/\*.*?(?:\*/|\Z)|/|\\.)*)
    | (?P<string>"(?:[^"\\\n]++|\\.)*"? | '(?:[^'\\\n]++|\\.)*'?)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<space>\s+)
    | (?P<mark>.)
    """,
    re.VERBOSE | re.MULTILINE | re.DOTALL,
)
_OPEN, _CLOSE = "([{", ")]}"
_ATTRIBUTES = frozenset({"SEC", "__attribute__", "__attribute", "__uint", "__type", "_Alignas", "alignas"})
_WRAPPER = re.compile(r"(?:BPF|__BPF)_[A-Z0-9_]*")  # BPF_PROG(name, …), BPF_KPROBE(name, …)


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


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    line: int

    @property
    def trails(self) -> bool:
        """`///<` and `/**<` belong to what stands before them."""
        return self.kind == "doc" and self.text[3:4] == "<"


@dataclass(slots=True)
class _Declaration:
    """Tokens up to `;` or the end of a function's body; comments inside braces are among the tokens."""

    comments: list[_Token] = field(default_factory=list)
    tokens: list[_Token] = field(default_factory=list)
    depth: int = 0
    assigned: bool = False
    is_function: bool = False

    def add(self, token: _Token) -> bool:
        """Take the next token; tell whether the declaration is complete."""
        if token.kind == "doc" and self.depth == 0:
            if not token.trails and (not self.tokens or self._is_section_only()):
                self.comments.append(token)
            return False
        if token.kind == "mark":
            if self.depth == 0 and token.text == "=":
                self.assigned = True
            if self.depth == 0 and token.text == "{" and self.tokens and self.tokens[-1].text == ")":
                self.is_function = not self.assigned
            self.depth = max(0, self.depth + (token.text in _OPEN) - (token.text in _CLOSE))
        self.tokens.append(token)
        return self.depth == 0 and (token.text == ";" or (token.text == "}" and self.is_function))

    def _is_section_only(self) -> bool:
        """`SEC("xdp")` may stand before the comment as well as behind it."""
        return len(self.tokens) == 4 and self.tokens[0].text == "SEC"


def read_comments(text: str, *, file: str) -> SourceDocs:
    """Read the doc comments of a C file. Raises: BadInput where a command's JSON is broken, with file and line."""
    names: dict[str, Doc] = {}
    structs: list[StructDoc] = []
    for item in _declarations(list(_tokens(text, file))):
        doc = _doc(item, file)
        if _defines_struct(item.tokens):
            structs.append(StructDoc(item.tokens[1].text, doc, _members(item.tokens[3:], file)))
        name = _name(item)
        if name and (item.comments or name not in names):
            names[name] = doc
    return SourceDocs(names, tuple(structs))


def _tokens(text: str, file: str) -> Iterator[_Token]:
    line = 1
    for count, found in enumerate(_TOKEN.finditer(text)):
        if count > MAX_TOKENS:
            raise BadInput(f"has more than {MAX_TOKENS} words", where=file)
        kind, word = found.lastgroup or "mark", found.group()
        if kind not in ("space", "comment", "directive"):
            yield _Token(kind, word, line)
        line += word.count("\n")


def _declarations(tokens: list[_Token]) -> Iterator[_Declaration]:
    current = _Declaration()
    for index, token in enumerate(tokens):
        if current.add(token):
            following = tokens[index + 1 : index + 2]
            current.comments += [item for item in following if item.trails]
            yield current
            current = _Declaration()


def _doc(item: _Declaration, file: str) -> Doc:
    return read_doc([(token.text, token.line) for token in item.comments], file=file)


def _defines_struct(tokens: list[_Token]) -> bool:
    words = [token.text for token in tokens[:3]]
    return len(words) == 3 and words[0] == "struct" and tokens[1].kind == "word" and words[2] == "{"


def _members(tokens: list[_Token], file: str, depth: int = 0) -> dict[str, Doc]:
    """Members by name, with those of unnamed structs and unions inside, as C sees them."""
    made: dict[str, Doc] = {}
    for item in _declarations(tokens):
        name = _name(item)
        if name and item.comments:
            made[name] = _doc(item, file)
        if not name and depth < MAX_UNNAMED_DEPTH:
            inner = next((index for index, token in enumerate(item.tokens) if token.text == "{"), None)
            made |= _members(item.tokens[inner + 1 :], file, depth + 1) if inner is not None else {}
    return made


def _name(item: _Declaration) -> str:
    """The name that a declaration gives: the last word that is no attribute, before `=` and outside all brackets."""
    words: list[tuple[str, str]] = []  # a word, and the first word of the parentheses behind it
    depth = 0
    for index, token in enumerate(item.tokens):
        if token.kind == "mark":
            if depth == 0 and token.text == "=":
                break
            if depth == 0 and token.text == "{":
                if item.is_function:
                    break
                words.clear()  # what a struct is called before its body is not the variable's name
                words.append(("struct", ""))
            if depth == 0 and token.text == "(" and words:
                inner = item.tokens[index + 1] if index + 1 < len(item.tokens) else token
                words[-1] = (words[-1][0], inner.text)
            depth = max(0, depth + (token.text in _OPEN) - (token.text in _CLOSE))
        elif token.kind == "word" and depth == 0:
            words.append((token.text, ""))
    return _last_name([word for word in words if word[0] not in _ATTRIBUTES])


def _last_name(words: list[tuple[str, str]]) -> str:
    while len(words) > 1 and words[-1][0].startswith("__") and not words[-1][1]:
        words.pop()  # __weak, __hidden, __ksym
    if len(words) < 2:
        return ""
    word, inner = words[-1]
    return inner if _WRAPPER.fullmatch(word) and inner else word
