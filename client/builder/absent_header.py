"""Where a header lies that the compiler did not find: below the project's folder, or below the one that holds it.

It looks at names only, at so many of them; -I is the author's to give.
"""

from __future__ import annotations

import os
import re
from collections import deque
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from ...schemas.errors import BadInput
from .compiler.diagnostics import CompileFailed

MAX_ENTRIES = 4096  # looked at below each of the two folders
MAX_DEPTH = 4
_NOT_FOUND = re.compile(r"'(?P<name>[^']{1,1024})' file not found")


def explained_header(error: BadInput, folder: Path) -> BadInput:
    """Add to a compiler's complaint the -I that brings a header, where one of that name is near `folder`."""
    if not isinstance(error, CompileFailed) or error.todo:
        return error
    found = next(filter(None, (_NOT_FOUND.search(item.text) for item in error.errors)), None)
    place = _place(found["name"], folder) if found else None
    if found is None or place is None:
        return error
    return CompileFailed(error.errors, where=error.where, todo=f"{found['name']} is there: ecli build -I {place}")


def _place(name: str, folder: Path) -> Path | None:
    """The folder to name, as seen from here, so that `name` is found in it."""
    wanted = PurePosixPath(name)
    if wanted.is_absolute() or ".." in wanted.parts:
        return None
    for root in (folder, folder / ".."):
        for place in _folders(root):
            if (place / wanted).is_file():
                return Path(os.path.normpath(place))
    return None


def _folders(root: Path) -> Iterator[Path]:
    """Folders below a folder, the nearest first; symbolic links and hidden ones are passed by."""
    waiting, seen = deque([(root, 0)]), 0
    while waiting:
        place, depth = waiting.popleft()
        yield place
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name) if depth < MAX_DEPTH else []
        except OSError:
            continue
        seen += len(entries)
        if seen > MAX_ENTRIES:
            return
        below = (item for item in entries if item.is_dir(follow_symlinks=False) and not item.name.startswith("."))
        waiting.extend((Path(item.path), depth + 1) for item in below)
