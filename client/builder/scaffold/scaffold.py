"""Start a project: a small program that works, with comments for who writes the first one. It never overwrites."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ....schemas.errors import BadInput, Conflict, StorageFailed
from ....schemas.reference import check_name

DEFAULT_TEMPLATE = "eunomia"
_TEMPLATES = Path(__file__).parent / "templates"
_PLACEHOLDER = "NAME"
_SOURCE = "NAME.bpf.c"
_FILES = {  # in the template -> in the project
    _SOURCE: _SOURCE,
    "NAME.h": "NAME.h",
    "config.json": "config.json",
    "README.md": "README.md",
    "gitignore": ".gitignore",
}


def scaffold(name: str, folder: Path, *, template: str = DEFAULT_TEMPLATE) -> list[Path]:
    """Write NAME.bpf.c, NAME.h, config.json, README.md and .gitignore into `folder`; return what was written.

    A folder that has NAME.bpf.c only gets what it lacks of the files beside it, but no header of ours.
    Raises: BadInput for an unfit name or template; Conflict where a file is in the way; StorageFailed.
    """
    check_name(name)
    source = _TEMPLATES / template
    if not re.fullmatch(r"[a-z0-9-]+", template) or not source.is_dir():
        known = ", ".join(sorted(path.name for path in _TEMPLATES.iterdir() if path.is_dir()))
        raise BadInput(f"there is no template {template!r}", where="template", todo=f"Templates: {known}")
    targets = {folder / made.replace(_PLACEHOLDER, name): source / file for file, made in _FILES.items()}
    program = folder / f"{name}.bpf.c"
    if program.exists():
        targets.pop(folder / f"{name}.h")  # the program is the author's; so is what it includes
        targets = {target: file for target, file in targets.items() if not target.exists()}
    in_the_way = next((target for target in targets if os.path.lexists(target)), None)
    if in_the_way:
        raise Conflict("is there already and is not overwritten", where=str(in_the_way), todo="Choose another folder")
    return [_write(target, file, name) for target, file in targets.items()]


def _write(target: Path, file: Path, name: str) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        text = file.read_text(encoding="utf-8").replace(_PLACEHOLDER, name)
        with target.open("x", encoding="utf-8") as made:
            made.write(text)
    except OSError as error:
        raise StorageFailed(f"cannot be written: {error.strerror}", where=str(target)) from error
    return target
