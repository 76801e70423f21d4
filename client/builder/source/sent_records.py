"""Which struct a program sends through each map, by the calls in its source: `bpf_ringbuf_reserve(&rb, sizeof(*e), 0)`.

So plain libbpf programs need no annotation. Macros and helper functions hide what they send; then it is not found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from .declarations import Declaration, Token, declarations, name_of, tokens_of

MAX_ARGUMENTS = 8


class _Call(NamedTuple):
    """The places of its arguments; without a map, the record is one of the function's own (an iterator)."""

    map: int | None
    size: int
    data: int | None


_CALLS = {
    "bpf_ringbuf_reserve": _Call(0, 1, None),
    "bpf_ringbuf_output": _Call(0, 2, 1),
    "bpf_perf_event_output": _Call(1, 4, 3),
    "bpf_skb_output": _Call(1, 4, 3),
    "bpf_xdp_output": _Call(1, 4, 3),
    "bpf_seq_write": _Call(None, 2, 1),
}
_BEHIND_A_NAME = frozenset("=;,)[")

Sent = Mapping[str, tuple[str, ...]]
NOTHING_SENT: Sent = MappingProxyType({})  # for an object without its source


def sent_records(text: str, *, file: str) -> Sent:
    """Names of structs by the map or iterator program that sends them, in the order of the source. Raises: BadInput."""
    made: dict[str, list[str]] = {}
    everywhere: dict[str, str] = {}
    for item in declarations(tokens_of(text, file=file)):
        if not item.is_function:
            everywhere |= _variables(item.tokens)
            continue
        for user, struct in _sent(item, everywhere | _variables(item.tokens)):
            made.setdefault(user, []).append(struct)
    return {user: tuple(dict.fromkeys(structs)) for user, structs in made.items()}


def _variables(tokens: list[Token]) -> dict[str, str]:
    """Variables and parameters whose type is a struct that has a name, or a pointer to one."""
    made = {}
    for index, token in enumerate(tokens[:-2]):
        if token.text != "struct" or tokens[index + 1].kind != "word":
            continue
        at = index + 2
        while at < len(tokens) and tokens[at].text in ("*", "const", "volatile"):
            at += 1
        if at + 1 < len(tokens) and tokens[at].kind == "word" and tokens[at + 1].text in _BEHIND_A_NAME:
            made[tokens[at].text] = tokens[index + 1].text
    return made


def _sent(item: Declaration, variables: dict[str, str]) -> Iterator[tuple[str, str]]:
    for index, token in enumerate(item.tokens):
        call = _CALLS.get(token.text) if token.kind == "word" else None
        if call is None:
            continue
        arguments = _arguments(item.tokens[index + 1 :])
        if len(arguments) <= call.size:
            continue
        user = _variable(arguments[call.map]) if call.map is not None else name_of(item)
        struct = _sized(arguments[call.size], variables)
        if not struct and call.data is not None:
            struct = variables.get(_variable(arguments[call.data]), "")
        if user and struct:
            yield user, struct


def _arguments(tokens: list[Token]) -> list[list[Token]]:
    """The arguments of a call whose opening parenthesis comes first; none where it is no call."""
    made: list[list[Token]] = []
    depth = 0
    for token in tokens:
        depth += (token.text in "([{") - (token.text in ")]}")
        if depth == 0 or len(made) > MAX_ARGUMENTS:
            return made
        if depth == 1 and token.text in "(,":
            made.append([])
        elif made:
            made[-1].append(token)
    return []


def _variable(tokens: list[Token]) -> str:
    """The name in `name` or `&name`."""
    words = [token.text for token in tokens if token.kind != "doc"]
    name = words[-1] if len(words) == 1 or (len(words) == 2 and words[0] == "&") else ""
    return name if name.isidentifier() else ""


def _sized(tokens: list[Token], variables: dict[str, str]) -> str:
    """The struct in `sizeof(struct X)`, `sizeof(*x)`, `sizeof(x)`."""
    words = [token.text for token in tokens if token.text not in "()*"]
    if len(words) == 3 and words[:2] == ["sizeof", "struct"]:
        return words[2]
    return variables.get(words[1], "") if len(words) == 2 and words[0] == "sizeof" else ""
