"""Write a built package in the forms that were asked for, into files with the names that their readers expect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from ....federation.files import write_durably
from ....schemas.eunomia_write import to_package_json
from ..build import BuiltPackage
from .guest import make_guest
from .skeleton import skeleton_header, structs_header

PACKAGE, OBJECT, PACKAGE_JSON, APP_WASM = "bpf", "bpf.o", "package.json", "app.wasm"
FORMATS = (PACKAGE, OBJECT, PACKAGE_JSON, APP_WASM)

Progress = Callable[[str], None]


class WrittenFile(NamedTuple):
    """A file that was written; `format` is one of FORMATS, or the end of a header's name."""

    format: str
    path: Path
    size: int


def write_form(
    built: BuiltPackage, path: Path, form: str, *, cache: Path, progress: Progress | None = None
) -> tuple[WrittenFile, tuple[str, ...]]:
    """Write the BPF object, package.json or app.wasm; the file, and what of the package is not in it.

    app.wasm is the package's own user space, or one that shows its events where it has none.

    Raises: BadInput for what the form has no words for; Unsupported without the compiler; StorageFailed.
    """
    if form == PACKAGE_JSON:
        data, left_out = to_package_json(built.config, built.object), _not_in_json(built)
    elif form == OBJECT:
        data, left_out = built.object, ()
    elif built.module is not None:
        data, left_out = built.module, ()
    else:
        data, left_out = make_guest(built.config, built.object, cache=cache, progress=progress)
    write_durably(path.absolute(), data)
    return WrittenFile(form, path, len(data)), left_out


def write_headers(built: BuiltPackage, folder: Path) -> tuple[WrittenFile, ...]:
    """Write NAME.skel.h and NAME.wasm.h into `folder`. Raises: StorageFailed."""
    texts = {".skel.h": skeleton_header(built.config, built.object), ".wasm.h": structs_header(built.config)}
    made = []
    for end, text in texts.items():
        path = folder / f"{built.config.name}{end}"
        write_durably(path.absolute(), text.encode())
        made.append(WrittenFile(end.removeprefix("."), path, len(text.encode())))
    return tuple(made)


def _not_in_json(built: BuiltPackage) -> tuple[str, ...]:
    usage = built.config.usage
    made = [
        f"option --{item.long} is none of package.json: its loader takes no {item.section}"
        for item in usage.options
        if item.section not in (".rodata", ".bss")
    ]
    made += [
        f"the records of iterator {item.map} are not in package.json"
        for item in usage.events
        if item.transport == "iterator"
    ]
    return (*made, *(["metrics are not in package.json"] if usage.metrics else []))
