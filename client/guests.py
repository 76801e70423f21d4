"""Running a package's Wasm user space: what it is granted, and which BPF objects it may load (`ecli run`)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..schemas.errors import BadInput, Denied
from ..schemas.permissions import permissions_of, permissions_of_package
from .consent import word_of
from .fitting import types_for
from .home import Home
from .loader.kernel import Kernel
from .run_options import RunOptions
from .settings import Settings
from .wasm.grants import Grants
from .wasm.guest import run_guest

if TYPE_CHECKING:
    from .programs import Program


def run_module(program: Program, options: RunOptions, *, home: Home, settings: Settings) -> int:
    """Run the Wasm module of a program to which the user agreed; returns the guest's exit code. Raises: HubError.

    The guest loads only objects that may do no more than those in the package, which were shown and agreed to.
    """
    if program.wasm is None:
        raise BadInput("has no Wasm module", where=program.config.package)
    known, kernel = permissions_of_package(program.wasm, program.bpf_object), Kernel()

    def gate(elf: bytes) -> None:
        found = permissions_of(elf)
        if not known.covers(found):
            held = {word_of(item) for item in known.permissions}
            more = ", ".join(word_of(item) for item in found.permissions if word_of(item) not in held)
            raise Denied(
                f"the guest loads a BPF object that may do more than the package showed: {more}",
                where=program.config.package,
            )

    def types(elf: bytes) -> str:
        return types_for(program, elf, home=home, settings=settings, kernel=kernel)

    grants = Grants(
        folders=tuple(_folder(text) for text in options.folders),
        variables=tuple(_variable(text) for text in options.variables),
        interfaces=options.interfaces,
        cgroups=options.cgroups,
    )
    return run_guest(
        program.wasm,
        options.arguments,
        name=program.config.name,
        gate=gate,
        grants=grants,
        cache=home.cache / "wasm",
        timeout=options.timeout,
        btf_path=types,
    )


def _folder(text: str) -> tuple[Path, str]:
    outside, _, inside = text.partition(":")
    path = Path(outside)
    if not path.is_dir():
        raise BadInput("is not a folder", where=f"--mount {outside}")
    return path, inside or outside


def _variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    return name, value if equals else os.environ.get(name, "")
