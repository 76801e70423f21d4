"""Compile a Wasm guest in C, with generated files beside it; what it imports is the host's.

Only zig can: it brings a C library for WASI, and makes it at the first use.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from ....schemas.errors import Unsupported
from .compile import OUTPUT, READ, Compiled, read_compiled, run_compiler, work_folder
from .toolchain import INSTALL_COMPILER, Toolchain

FIRST_SECONDS = 900.0  # the C library is compiled first; half a minute on an idle machine of two cores
_PREPARED = "wasm-is-prepared"  # beside zig's cache, once a guest was compiled with it


def compile_guest(
    source: str,
    *,
    file_name: str,
    folder: Path,
    beside: Mapping[str, bytes],
    cache: Path,
    toolchain: Toolchain,
    progress: Callable[[str], None] | None = None,
) -> Compiled:
    """Compile `source`, the code of `folder`/`file_name`, for wasm32 and WASI preview 1, as wasm-bpf's hosts take it.

    `beside` are files that lie next to it; other headers come from `folder`. The same texts give the same bytes.
    Raises: Unsupported without zig; BadInput with file, line, column and source line; StorageFailed.
    """
    if not toolchain.is_zig:
        raise Unsupported(
            f"{file_name} cannot be compiled without zig",
            needs="a compiler for Wasm",
            todo=f"Bring it with: {INSTALL_COMPILER}",
        )
    prepared = cache / _PREPARED
    if progress:
        first = "" if prepared.exists() else "; the first time, a C library for Wasm is made: about half a minute"
        progress(f"Compiling {file_name}{first}")
    with work_folder(cache) as work:
        for name, data in {**beside, file_name: source.encode("utf-8", "surrogateescape")}.items():
            (work / name).write_bytes(data)
        command = _command(toolchain, work=work, file_name=file_name, folder=folder)
        status, output = run_compiler(command, work=work, cache=cache, seconds=FIRST_SECONDS)
        made = read_compiled(work, status, output, where=folder / file_name, types=folder, in_kernel=False)
    prepared.touch()
    return made


def _command(toolchain: Toolchain, *, work: Path, file_name: str, folder: Path) -> list[str]:
    resolved = folder.resolve()
    return [
        *toolchain.compiler,
        *("-target", "wasm32-wasi", "-std=gnu23", "-Os", "-s", "-Wall", "-ferror-limit=20"),
        *("-fno-color-diagnostics", "-fno-caret-diagnostics", "-fno-diagnostics-fixit-info"),
        *("-iquote", str(resolved)),
        *(f"-ffile-prefix-map={path}=." for path in (work, work.resolve(), resolved)),
        "-Wl,--export-table",  # callbacks are called by it
        *("-MD", "-MF", READ, file_name, "-o", OUTPUT),
    ]
