"""The declarations of C source, with the doc comments before them and the names that they give.

A tokenizer that knows comments, strings and the preprocessor's lines; no C parser.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ....schemas.errors import BadInput

MAX_TOKENS = 500_000
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
class Token:
    """A word, string, doc comment or mark of C, and its line."""

    kind: str
    text: str
    line: int

    @property
    def trails(self) -> bool:
        """`///<` and `/**<` belong to what stands before them."""
        return self.kind == "doc" and self.text[3:4] == "<"


@dataclass(slots=True)
class Declaration:
    """Tokens up to `;` or the end of a function's body; comments inside braces are among the tokens."""

    comments: list[Token] = field(default_factory=list)
    tokens: list[Token] = field(default_factory=list)
    depth: int = 0
    assigned: bool = False
    is_function: bool = False

    def add(self, token: Token) -> bool:
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


def tokens_of(text: str, *, file: str) -> list[Token]:
    """The tokens that mean something, doc comments among them. Raises: BadInput where there are too many."""
    return list(_tokens(text, file))


def _tokens(text: str, file: str) -> Iterator[Token]:
    line = 1
    for count, found in enumerate(_TOKEN.finditer(text)):
        if count > MAX_TOKENS:
            raise BadInput(f"has more than {MAX_TOKENS} words", where=file)
        kind, word = found.lastgroup or "mark", found.group()
        if kind not in ("space", "comment", "directive"):
            yield Token(kind, word, line)
        line += word.count("\n")


def declarations(tokens: list[Token]) -> Iterator[Declaration]:
    """The declarations of a file, or of what stands in a struct's braces."""
    current = Declaration()
    for index, token in enumerate(tokens):
        if current.add(token):
            following = tokens[index + 1 : index + 2]
            current.comments += [item for item in following if item.trails]
            yield current
            current = Declaration()


def name_of(item: Declaration) -> str:
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
