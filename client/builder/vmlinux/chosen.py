"""The choice of kernel types for one compilation: the project's own vmlinux.h, the shipped ones, or this kernel's.

The shipped ones are the default, as they alone give the same package on every machine.
"""

from __future__ import annotations

import platform
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ....schemas.errors import Unsupported
from ..architecture import Architecture
from ..compiler.toolchain import target_architecture
from ..compiler.types import Progress, kernel_types
from .shipped import shipped_facts, shipped_types

OWN_TYPES = "vmlinux.h"


class TypesChoice(StrEnum):
    """What `--types` names."""

    SHIPPED = "shipped"
    KERNEL = "kernel"


class Types(NamedTuple):
    """The folder of a vmlinux.h, the release of the kernel whose types it has, and the choice that led to it.

    A project's own is of no known kernel, and no choice.
    """

    folder: Path
    kernel: str = ""
    choice: TypesChoice | None = None

    def __str__(self) -> str:
        if self.choice is TypesChoice.SHIPPED:
            return f"the types that come with ecli (Linux {self.kernel})"
        return f"the types of this kernel ({self.kernel})" if self.choice else f"the project's own {OWN_TYPES}"


def own_types(places: Sequence[Path], architecture: str = "") -> Path | None:
    """The first of a project's folders that has a vmlinux.h of its own; None where none has.

    With libbpf's name of an `architecture`, also in a folder of that name, or below `vmlinux`, as libbpf-tools has it.
    """
    folders = ("", architecture, f"vmlinux/{architecture}") if architecture else ("",)
    found = (place / folder for folder in folders for place in places)
    return next((place for place in found if (place / OWN_TYPES).is_file()), None)


def choose_types(
    places: Sequence[Path],
    choice: TypesChoice,
    architecture: Architecture | None,
    cache: Path,
    *,
    progress: Progress | None,
) -> Types:
    """Find or make the vmlinux.h for an architecture; None is this machine's, where no types for it are shipped.

    One of the project's own goes before all others; `places` are its folder and those of its headers.
    Raises: Unsupported, StorageFailed.
    """
    own = own_types(places, architecture.libbpf if architecture else target_architecture()) if places else None
    if own is not None:
        return Types(own.resolve())
    if choice is TypesChoice.SHIPPED and architecture is not None:
        folder = shipped_types(architecture, cache, progress=progress)
        return Types(folder, shipped_facts()[architecture].kernel, choice)
    if architecture is not Architecture.here():
        raise Unsupported(
            f"this kernel's types are {platform.machine()}'s, and the program is built for {_name(architecture)}",
            where="--types kernel",
            needs=f"a machine of {_name(architecture)}",
            todo="Leave --types out: types for it come with ecli.",
        )
    return Types(kernel_types(cache, progress=progress), platform.release(), TypesChoice.KERNEL)


def _name(architecture: Architecture | None) -> str:
    return architecture.value if architecture else platform.machine()
