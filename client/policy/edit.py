"""Editing the user's policy: on a copy, which replaces the file only when it can be read and holds together."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from ...federation.files import write_durably
from ...schemas.errors import BadInput, NotFound, StorageFailed
from ..home import Home
from ..settings import MAX_SETTINGS_BYTES, read_settings
from .example import EXAMPLE

FALLBACK = "vi"


def edit_policy(home: Home, environment: Mapping[str, str]) -> bool:
    """Let the user edit their ecli.toml; tells whether it was replaced. Raises: BadInput, NotFound, StorageFailed.

    A text that cannot be taken is kept beside the file, and named.
    """
    path = home.settings[1]
    before = _held(path)
    shown = before if b"rule" in before else before + (b"\n" if before else b"") + EXAMPLE.encode()
    home.make()
    with tempfile.TemporaryDirectory(dir=home.root, prefix=".policy-") as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(shown)
        _run(_editor(environment), copy)
        made = copy.read_bytes()[: MAX_SETTINGS_BYTES + 1]
    if made in (before, shown):
        return False
    try:
        read_settings(made, where=str(path), folder=path.parent)
    except BadInput as error:
        kept = path.with_name(f"{path.name}.refused")
        write_durably(kept, made, mode=0o600)
        todo = f"{error.todo} " if error.todo else ""
        todo += f"Nothing was replaced; your text is in {kept}"
        raise BadInput(error.what, where=error.where, todo=todo) from error
    write_durably(path, made, mode=0o600)
    return True


def _held(path: Path) -> bytes:
    try:
        return path.read_bytes()[: MAX_SETTINGS_BYTES + 1]
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise StorageFailed(f"cannot read: {error.strerror}", where=str(path)) from error


def _editor(environment: Mapping[str, str]) -> list[str]:
    text = environment.get("VISUAL") or environment.get("EDITOR") or FALLBACK
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadInput(f"{text[:80]!r} is no command", where="EDITOR") from error
    if not words:
        raise BadInput("names no editor", where="EDITOR")
    return words


def _run(command: list[str], copy: Path) -> None:
    try:
        code = subprocess.run([*command, str(copy)], check=False, env=dict(os.environ)).returncode
    except OSError as error:
        raise NotFound(
            f"cannot start {command[0]}: {error.strerror}", where="EDITOR", todo="Set EDITOR to an editor of yours."
        ) from error
    if code:
        raise BadInput(f"{command[0]} ended with exit code {code}", where="EDITOR", todo="Nothing was replaced.")
