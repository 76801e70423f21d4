"""What `ecli build` was told besides a folder: which program of it, which header, where else headers lie, definitions.

Values within bounds; no file is read here. config.json says the same in `include` and `define`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from ...schemas.errors import BadInput

SUFFIX = ".bpf.c"
MAX_INCLUDES = 32  # folders
MAX_DEFINES = 64
MAX_DEFINE_CHARS = 1024
_DEFINE = re.compile(r"[A-Za-z_]\w{0,127}(?:=[^\0\r\n]*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Inputs:
    """`program` and `header` are files, `includes` folders; `defines` are NAME or NAME=VALUE, as for a compiler's -D.

    Without `program`, the folder holds exactly one. The structs of `header` are the events; without it, those of the
    headers that the program includes.
    """

    program: str = ""
    header: Path | None = None
    includes: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()


NOTHING_MORE = Inputs()


class Asked(NamedTuple):
    """All that the command's words say: where, under which name (or none), and what else."""

    folder: Path
    reference: str
    inputs: Inputs


def read_words(words: tuple[str, ...], *, includes: tuple[Path, ...] = (), defines: tuple[str, ...] = ()) -> Asked:
    """Read `[DIR | FILE.bpf.c [HEADER.h]] [NAME:TAG]`. Raises: BadInput where words are left over."""
    left = list(words)
    folder, program, header = Path(), "", None
    if left and left[0].endswith(SUFFIX) and not Path(left[0]).is_dir():
        path = Path(left.pop(0))
        folder, program = path.parent, path.name
        if left and left[0].endswith(".h"):
            header = Path(left.pop(0))
    elif left and (len(left) > 1 or Path(left[0]).is_dir() or ":" not in left[0]):  # a name alone has a colon
        folder = Path(left.pop(0))
    if len(left) > 1:
        raise BadInput("takes a folder or program, its header, and a name at most", where="ecli build")
    return Asked(folder, left[0] if left else "", Inputs(program, header, includes, defines))


def checked_defines(texts: tuple[str, ...], *, where: str) -> tuple[str, ...]:
    """Definitions as they came. Raises: BadInput where one is none, or there are too many."""
    if len(texts) > MAX_DEFINES:
        raise BadInput(f"has more than {MAX_DEFINES} definitions", where=where)
    for text in texts:
        if len(text) > MAX_DEFINE_CHARS or not _DEFINE.fullmatch(text):
            raise BadInput(f"{text[:64]!r} is not NAME or NAME=VALUE", where=where)
    return texts


def checked_includes(folders: tuple[Path, ...], *, where: str) -> tuple[Path, ...]:
    """Folders of headers as they came. Raises: BadInput where one is none, or there are too many."""
    if len(folders) > MAX_INCLUDES:
        raise BadInput(f"has more than {MAX_INCLUDES} folders of headers", where=where)
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"{str(folder)!r} is not a folder", where=where)
    return folders
