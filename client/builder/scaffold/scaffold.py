"""Start a project: a small program that works, with comments for who writes the first one. It never overwrites."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from ....schemas.errors import Conflict, StorageFailed
from ....schemas.reference import check_name
from .template import DEFAULT, template

_ANY_PROGRAM = "An eBPF program."


def scaffold(name: str, folder: Path, *, template_name: str = DEFAULT) -> list[Path]:
    """Write a template's files for the package `name` into `folder`; return what was written.

    A folder that has NAME.bpf.c only gets what it lacks of the files beside it, but no header of ours.
    Raises: BadInput for an unfit name or template; Conflict where a file is in the way; StorageFailed.
    """
    check_name(name)
    chosen = template(template_name)
    if (folder / f"{name}.bpf.c").exists():
        texts = _placed(chosen.render(name, about=_ANY_PROGRAM, tests=""), folder)
        texts.pop(folder / f"{name}.h", None)  # the program is the author's; so is what it includes
        texts = {path: text for path, text in texts.items() if not path.exists()}
    else:
        texts = _placed(chosen.render(name), folder)
    in_the_way = next(_in_the_way(texts, folder), None)
    if in_the_way:
        raise Conflict("is there already and is not overwritten", where=str(in_the_way), todo="Choose another folder")
    return [_write(path, text) for path, text in texts.items()]


def _placed(texts: dict[str, str], folder: Path) -> dict[Path, str]:
    return {folder / path: text for path, text in texts.items()}


def _in_the_way(targets: Iterable[Path], folder: Path) -> Iterator[Path]:
    """Files and links at the places of ours, and where a folder of ours must be."""
    for target in targets:
        inside = [path for path in target.parents if path != folder and path.is_relative_to(folder)]
        yield from (path for path in inside if path.is_symlink() or (path.exists() and not path.is_dir()))
        if os.path.lexists(target):
            yield target


def _write(target: Path, text: str) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("x", encoding="utf-8") as made:
            made.write(text)
    except OSError as error:
        raise StorageFailed(f"cannot be written: {error.strerror}", where=str(target)) from error
    return target
