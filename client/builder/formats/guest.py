"""Make app.wasm: a Wasm module that holds a BPF object, loads it, and writes its events, on any host of wasm-bpf.

Its code lies in guest/ and is compiled with the tables of guest_tables.py; it needs no C library, so this is quick.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from ....schemas.errors import BadInput, Unsupported
from ....schemas.package import PackageConfig
from ..compiler.compile import run_compiler, work_folder
from ..compiler.toolchain import find_toolchain
from .guest_tables import guest_tables

_CODE = Path(__file__).parent / "guest"
_STACK_BYTES = 65536
_FLAGS = (
    *("-target", "wasm32-freestanding", "-std=gnu23", "-Oz", "-s", "-nostdlib", "-ffreestanding", "-fno-builtin"),
    *("-Wl,--export-table", "-Wl,--no-entry", "-Wl,--export=_start", f"-Wl,-z,stack-size={_STACK_BYTES}"),
)

Progress = Callable[[str], None]


def make_guest(
    config: PackageConfig, bpf_object: bytes, *, cache: Path, progress: Progress | None = None
) -> tuple[bytes, tuple[str, ...]]:
    """Compile a guest; returns it and what it leaves out. Raises: Unsupported without zig, BadInput, StorageFailed."""
    toolchain = find_toolchain()
    if not toolchain.is_zig:
        raise Unsupported(
            "the compiler of Wasm modules cannot be found", needs="zig",
            todo="Bring it with: pip install 'ebpfhub[build]'",
        )  # fmt: skip
    text, left_out = guest_tables(config, bpf_object)
    if progress:
        progress("Compiling app.wasm")
    with work_folder(cache) as work:
        for path in sorted(_CODE.iterdir()):
            shutil.copyfile(path, work / path.name)
        (work / "program.h").write_text(text, encoding="utf-8")
        (work / "object.o").write_bytes(bpf_object)
        status, output = run_compiler(
            [*toolchain.compiler, *_FLAGS, "-o", "app.wasm", "main.c"], work=work, cache=cache
        )
        made = work / "app.wasm"
        if status or not made.is_file():
            raise BadInput(f"the guest does not compile: {output.strip()[-2000:]}", where="app.wasm")
        return made.read_bytes(), left_out
