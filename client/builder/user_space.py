"""A package's Wasm user space: NAME.wasm as another compiler made it, or NAME.wasm.c compiled for wasm-bpf's interface.

A guest in C finds NAME.skel.h and NAME.wasm.h beside it, as `ecli build --wasm-header` writes them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from ...schemas.errors import BadInput
from ...schemas.package import MAX_WASM_BYTES, PackageConfig
from ...schemas.wasm import bpf_objects_in
from .compiler.guest import compile_guest
from .compiler.toolchain import Toolchain
from .formats.skeleton import skeleton_header, structs_header
from .project import MODULE_SUFFIX, Project, SourceFile


@dataclass(frozen=True, slots=True)
class UserSpace:
    """A Wasm module, or none, and what its author should know."""

    module: bytes | None = None
    notices: tuple[str, ...] = ()


def user_space(
    project: Project,
    config: PackageConfig,
    bpf_object: bytes,
    *,
    cache: Path,
    toolchain: Toolchain,
    progress: Callable[[str], None] | None = None,
) -> UserSpace:
    """Return the Wasm module of a project, if it has one. `bpf_object` is its program, compiled.

    Raises: as compile_guest(); BadInput for a module that is too large.
    """
    if project.module is not None:
        return UserSpace(project.module, _stale(project.module, bpf_object, f"{project.stem}{MODULE_SUFFIX}"))
    if project.guest is None:
        return UserSpace()
    beside = _headers(project, config, bpf_object)
    return _compiled(project, project.guest, beside, cache, toolchain, progress)


def _headers(project: Project, config: PackageConfig, bpf_object: bytes) -> dict[str, bytes]:
    """Named after the program's file, whatever the package is called today: the guest's text names them."""
    named = replace(config, name=project.stem)
    texts = {"skel": skeleton_header(named, bpf_object), "wasm": structs_header(named)}
    return {f"{project.stem}.{word}.h": text.encode() for word, text in texts.items()}


def _compiled(
    project: Project,
    guest: SourceFile,
    beside: dict[str, bytes],
    cache: Path,
    toolchain: Toolchain,
    progress: Callable[[str], None] | None,
) -> UserSpace:
    made = compile_guest(
        guest.code,
        file_name=guest.name,
        folder=project.folder,
        beside=beside,
        cache=cache,
        toolchain=toolchain,
        progress=progress,
    )
    if len(made.data) > MAX_WASM_BYTES:
        raise BadInput(f"the Wasm module has more than {MAX_WASM_BYTES} bytes", where=str(project.folder / guest.name))
    return UserSpace(made.data, tuple(map(str, made.warnings)))


def _stale(module: bytes, bpf_object: bytes, name: str) -> tuple[str, ...]:
    """A module that holds objects, and this one not, was built with another program."""
    held = bpf_objects_in(module, where=name)
    if not held or bpf_object in held:
        return ()
    return (f"{name} holds another BPF object than this program: build it anew",)
