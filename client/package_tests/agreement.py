"""May a package's own commands run here? Those of a project that is built here are the user's; others are asked for.

A signature says who wrote them, not that they do no harm: so it makes no difference.
"""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterator

from ...schemas.errors import Denied
from ..consent import ask
from ..output.text import visible
from .subject import Subject

_INDENT = " " * 6


def agree(subject: Subject, *, yes: bool) -> None:
    """Return if the triggers of a subject's tests may run. Raises: Denied, with all of them."""
    if subject.own or yes or not any(test.trigger for test in subject.tests):
        return
    listed = "\n".join(commands(subject))
    who = f"signed by {subject.publisher}" if subject.publisher else "not signed"
    told = f"{visible(subject.title)} ({visible(who)}) has tests that run these commands as {_user()}:\n{listed}"
    if not ask(f"ecli: {told}\nRun them? [y/N] "):
        raise Denied(f"{told}\nand nobody agreed", todo="If they may run: ecli test --yes …")


def commands(subject: Subject) -> Iterator[str]:
    """Each test with its commands, all of them, and with what it allows the program."""
    for test in subject.tests:
        if test.trigger:
            yield f"  {test.name}" + (f" (allows {visible(', '.join(test.allow))})" if test.allow else "")
            yield from (_INDENT + visible(line.expandtabs(4)) for line in test.trigger.split("\n") if line.strip())


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"user {os.geteuid()}"
