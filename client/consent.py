"""May this program run? Its permissions against the policy, `--allow` and `--deny`, and the user's answer.

What *changes* or outlives something is asked for, and refused where nobody can answer (protocol.md section 8). Nothing
else is: what a program only observes is shown by `ecli inspect`, and when it is installed.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..schemas.errors import BadInput, Denied
from ..schemas.permission_rules import Category, permission_word, permission_words
from ..schemas.permissions import Permission, Permissions

ASKED = (Category.CHANGES, Category.PERSISTS)
_LONGEST_ANSWER = 64  # characters


@dataclass(frozen=True, slots=True)
class Policy:
    """What is allowed without a question, and what never runs: words such as "changes" or "changes:packets"."""

    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    source: str = "the policy of this machine"


NO_POLICY = Policy()


def parse_words(text: str, *, where: str) -> tuple[str, ...]:
    """Read words of a policy, separated by commas. Raises: BadInput, which lists those that there are."""
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    known = permission_words()
    for word in words:
        if word not in known:
            raise BadInput(f"{word[:60]!r} is no permission", where=where, todo=f"There are: {', '.join(known)}")
    if not words:
        raise BadInput("names no permission", where=where, todo=f"There are: {', '.join(known)}")
    return words


def word_of(permission: Permission) -> str:
    """The word of one permission: `changes:packets`."""
    return permission_word(permission.category, permission.group)


def consent(
    name: str,
    permissions: Permissions,
    *,
    policies: Iterable[Policy],
    allow: Sequence[str] = (),
    deny: Sequence[str] = (),
    answers: bool = True,
) -> bool:
    """Return if the program may run; tells whether that took a question. Raises: Denied.

    `answers` tells whether there is anybody to ask. `policies` are the machine's and the user's: what one denies,
    nothing else allows.
    """
    policies = tuple(policies)
    refuse_denied(name, permissions, policies=[*policies, Policy(deny=tuple(deny), source="--deny")])
    allowed = {*allow, *(word for policy in policies for word in policy.allow)}
    open_ = [item for item in permissions.permissions if item.category in ASKED and not _named(item, allowed)]
    if open_ and not (answers and _answered(name, open_)):
        words = ",".join(word_of(item) for item in open_)
        raise Denied(
            f"it may change this machine, and nobody agreed: {_listed(open_)}",
            where=name,
            todo=f"If that is wanted: --allow {words}",
        )
    return bool(open_)


def refuse_denied(name: str, permissions: Permissions, *, policies: Iterable[Policy]) -> None:
    """Refuse what any of the policies denies. Raises: Denied."""
    for policy in policies:
        refused = [item for item in permissions.permissions if _named(item, policy.deny)]
        if refused:
            raise Denied(f"{policy.source} denies what it may do: {_listed(refused)}", where=name)


def _answered(name: str, open_: list[Permission]) -> bool:
    wide = max(len(word_of(item)) for item in open_)
    lines = [f"  {word_of(item):<{wide}}  {', '.join(item.evidence[:4])}\n" for item in open_]
    return ask(f"ecli: {name} may change this machine:\n{''.join(lines)}Run it? [y/N] ")


def ask(question: str) -> bool:
    """Ask the user at the terminal, which need not be stdin or stdout, and return whether the answer is yes.

    Without a terminal, or in the background, where nobody can answer, it is no.
    """
    try:
        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        sys.stderr.flush()
        os.write(terminal, question.encode())
        return os.read(terminal, _LONGEST_ANSWER).strip().lower() in (b"y", b"yes")
    except OSError:
        return False
    finally:
        os.close(terminal)


def _named(permission: Permission, words: Iterable[str]) -> bool:
    word = word_of(permission)
    return word in words or word.partition(":")[0] in words


def _listed(items: Sequence[Permission]) -> str:
    return "; ".join(f"{word_of(item)} ({', '.join(item.evidence[:4])})" for item in items)
