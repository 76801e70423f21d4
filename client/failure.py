"""How ecli ends when something failed: one message on stderr, and the exit code of its kind."""

from __future__ import annotations

import sys

from ..schemas.errors import HubError, NotTrusted
from ..schemas.exit_codes import exit_code


def report(error: HubError) -> int:
    """Print the error for people, without control characters from outside; returns the exit code."""
    failed = f"check {error.check!r} failed: " if isinstance(error, NotTrusted) and error.check else ""
    text = f"ecli: {failed}{error}"
    text = "".join(char if char.isprintable() or char == "\n" else f"\\x{ord(char):02x}" for char in text)
    print(text, file=sys.stderr)  # noqa: T201
    return exit_code(error)
