"""A build that failed, as facts for JSON: what, where, what to do, and each place in the sources that is at fault.

The same in words is the error's own text.
"""

from __future__ import annotations

import re
from typing import Any

from ...schemas.errors import HubError
from .compiler.diagnostics import DOES_NOT_COMPILE, CompileFailed

_PLACE = re.compile(r"(?P<file>[^:\n]{1,4096}):(?P<line>\d{1,9})(?:: (?P<at>@.*))?")  # of an annotation


def failure_facts(error: HubError) -> dict[str, Any]:
    """Give `kind`, `message`, `where`, `todo`, and `errors` with file, line and more; what is not known is left out."""
    message, errors = error.what, _place(error)
    if isinstance(error, CompileFailed):
        message, errors = DOES_NOT_COMPILE, [item.to_json() for item in error.errors]
    made = {"kind": error.kind, "message": message, "where": error.where, "todo": error.todo, "errors": errors}
    return {name: value for name, value in made.items() if value}


def _place(error: HubError) -> list[dict[str, Any]]:
    """The line of an annotation that cannot be taken; none where the error is about something else."""
    found = _PLACE.fullmatch(error.where)
    if found is None:
        return []
    message = f"{found['at']}: {error.what}" if found["at"] else error.what
    helped = {"help": error.todo} if error.todo else {}
    return [{"file": found["file"], "line": int(found["line"]), "message": message, **helped}]
