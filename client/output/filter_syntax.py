"""The language of --filter, read into a tree: comparisons of fields, joined by `and`, `or`, `not` and parentheses.

    duration > 10ms and (comm == 'sshd' or not path ~ '/usr/*') and ret == ENOENT

Operators are == (or =) != < <= > >= and ~ !~, which match a whole text with * ? [a-z]. Numbers may be hexadecimal,
negative, or have a unit: ns us ms s (nanoseconds) or K M G T (bytes, by 1024). Texts stand in ' or ". What names mean
is not known here.
"""

from __future__ import annotations

from typing import NamedTuple

from ...schemas.errors import BadInput

MAX_LENGTH = 4096  # characters
MAX_DEPTH = 32  # of parentheses and nots
NAME, NUMBER, TEXT, OPERATOR, END = "name", "number", "text", "operator", "end"
AND, OR, NOT = "and", "or", "not"
COMPARISONS = ("==", "!=", "<=", ">=", "!~", "<", ">", "=", "~")
_SYMBOLS = ("&&", "||", *COMPARISONS, "(", ")", "!")
_JOINS = {"&&": AND, "||": OR, "!": NOT}
_UNITS = {"": 1, "ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_WHERE = "--filter"


class Token(NamedTuple):
    """A piece of the expression, and where it begins; `value` is a text, or a number."""

    kind: str
    value: str | int | float
    at: int


class Compared(NamedTuple):
    """One comparison; without an operator, the left side stands for being neither 0 nor empty."""

    left: Token
    operator: str
    right: Token
    at: int


class Joined(NamedTuple):
    """`and`, `or` of several parts, `not` of one."""

    how: str
    parts: tuple[Compared | Joined, ...]


def parse_filter(text: str) -> Compared | Joined:
    """Read an expression. Raises: BadInput, which shows the place."""
    if len(text) > MAX_LENGTH:
        raise BadInput(f"is longer than {MAX_LENGTH} characters", where=_WHERE)
    return _Parser(text).whole()


def written(tree: Compared | Joined) -> str:
    """An expression as text, the same for the same tree; numbers with units are written out."""
    if isinstance(tree, Compared):
        left = _written(tree.left)
        return f"{left} {tree.operator} {_written(tree.right)}" if tree.operator else left
    parts = [written(part) if isinstance(part, Compared) else f"({written(part)})" for part in tree.parts]
    return f"{NOT} {parts[0]}" if tree.how == NOT else f" {tree.how} ".join(parts)


def _written(token: Token) -> str:
    text = str(token.value)
    if token.kind != TEXT:
        return text
    return f'"{text}"' if "'" in text else f"'{text}'"


def misread(what: str, text: str, at: int, todo: str = "") -> BadInput:
    """The error at a place in an expression, counted from 1, with what stands there."""
    start = max(at - 20, 0)
    near = text[start : at + 20]
    shown = "".join(char if char.isprintable() else "?" for char in near)
    return BadInput(f"{what}, at character {at + 1}: {shown!r}", where=_WHERE, todo=todo)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = list(_Tokens(text).all())
        self.place = 0

    def whole(self) -> Compared | Joined:
        made = self.joined(OR, 0)
        if self.next.kind != END:
            raise self.bad("expected 'and', 'or' or the end")
        return made

    @property
    def next(self) -> Token:
        return self.tokens[self.place]

    def take(self) -> Token:
        token = self.next
        self.place += token.kind != END
        return token

    def has(self, word: str) -> bool:
        token = self.next
        found = token.kind in (NAME, OPERATOR) and token.value == word
        self.place += found
        return found

    def joined(self, how: str, depth: int) -> Compared | Joined:
        """Read parts joined by `or`, each of which are parts joined by `and`."""
        if depth > MAX_DEPTH:
            raise self.bad(f"is nested more than {MAX_DEPTH} deep")
        parts = [self.joined(AND, depth) if how == OR else self.part(depth)]
        while self.has(how):
            parts.append(self.joined(AND, depth) if how == OR else self.part(depth))
        return parts[0] if len(parts) == 1 else Joined(how, tuple(parts))

    def part(self, depth: int) -> Compared | Joined:
        if depth > MAX_DEPTH:
            raise self.bad(f"is nested more than {MAX_DEPTH} deep")
        if self.has(NOT):
            return Joined(NOT, (self.part(depth + 1),))
        if self.has("("):
            made = self.joined(OR, depth + 1)
            if not self.has(")"):
                raise self.bad("expected )")
            return made
        return self.comparison()

    def comparison(self) -> Compared:
        left = self.operand()
        at = self.next.at
        if self.next.kind == OPERATOR and self.next.value in COMPARISONS:
            operator = str(self.take().value)
            return Compared(left, "==" if operator == "=" else operator, self.operand(), at)
        return Compared(left, "", left, left.at)

    def operand(self) -> Token:
        token = self.next
        if token.kind not in (NAME, NUMBER, TEXT) or token.value in (AND, OR, NOT):
            raise self.bad("expected a field, a number or a 'text'")
        return self.take()

    def bad(self, what: str) -> BadInput:
        return misread(what, self.text, self.next.at)


class _Tokens:
    def __init__(self, text: str) -> None:
        self.text = text

    def all(self) -> list[Token]:
        made, at = [], 0
        while True:
            while at < len(self.text) and self.text[at] in " \t\r\n":
                at += 1
            token, at = self.one(at)
            made.append(token)
            if token.kind == END:
                return made

    def one(self, at: int) -> tuple[Token, int]:
        """Read the token at a place; return it and where the next may begin."""
        if at == len(self.text):
            return Token(END, "", at), at
        char = self.text[at]
        if char in "'\"":
            end = self.text.find(char, at + 1)
            if end < 0:
                raise misread(f"a text has no closing {char}", self.text, at)
            return Token(TEXT, self.text[at + 1 : end], at), end + 1
        signed = char in "-+" and self.text[at + 1 : at + 2].isascii() and self.text[at + 1 : at + 2].isdigit()
        if signed or (char.isascii() and char.isdigit()):
            return self.number(at)
        end = at
        while (
            end < len(self.text) and self.text[end].isascii() and (self.text[end].isalnum() or self.text[end] in "_.+")
        ):
            end += 1
        if end > at and char not in ".+":
            word = self.text[at:end]
            return Token(NAME, word, at), end
        symbol = next((item for item in _SYMBOLS if self.text.startswith(item, at)), "")
        if not symbol:
            raise misread("this cannot be read", self.text, at, "Operators are == != < <= > >= ~ !~ and or not ( )")
        return Token(OPERATOR, _JOINS.get(symbol, symbol), at), at + len(symbol)

    def number(self, at: int) -> tuple[Token, int]:
        end = at + 1
        while (
            end < len(self.text) and self.text[end].isascii() and (self.text[end].isalnum() or self.text[end] in "._")
        ):
            end += 1
        word = self.text[at:end]
        value = _number(word)
        if value is None:
            todo = "Units are ns us ms s and K M G T; texts stand in quotes"
            raise misread(f"{word[:40]!r} is not a number", self.text, at, todo)
        return Token(NUMBER, value, at), end


def _number(word: str) -> int | float | None:
    digits = word.lstrip("+-").lower()
    if digits.startswith("0x"):
        try:
            return int(word[:64], 16) if len(word) <= 64 else None
        except ValueError:
            return None
    unit = word.lstrip("+-0123456789.")
    number = word.removesuffix(unit) if unit else word
    if unit not in _UNITS or len(number) > 40:
        return None
    try:
        return float(number) * _UNITS[unit] if "." in number else int(number) * _UNITS[unit]
    except ValueError:
        return None
