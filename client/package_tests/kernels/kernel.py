"""A kernel to boot: its image, and where its modules lie. One of the user's own; those of Debian are in debian.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ....schemas.errors import BadInput, NotFound

_NAME = re.compile(r"(?:vmlinuz|bzImage|kernel)-(?P<release>\d+\.\d+[\w.+~-]*)")
_MAGIC, _MAGIC_AT = b"HdrS", 0x202  # Documentation/arch/x86/boot.rst


@dataclass(frozen=True, slots=True)
class GuestKernel:
    """What QEMU boots; `modules` is the folder of the kernel's modules, or None where there is none."""

    name: str
    image: Path
    modules: Path | None

    def module(self, name: str) -> Path | None:
        """The file of a module, compressed or not; None when it is built in, or is not there."""
        found = sorted((self.modules / "kernel").rglob(f"{name}.ko*")) if self.modules else []
        return found[0] if found else None


def own_kernel(image: Path) -> GuestKernel:
    """A kernel image of the user's, with the modules of /lib/modules if its name tells which.

    Raises: NotFound, BadInput.
    """
    try:
        with image.open("rb") as file:
            head = file.read(_MAGIC_AT + len(_MAGIC))
    except OSError as error:
        raise NotFound(f"cannot be read: {error.strerror}", where=str(image)) from error
    if not head.endswith(_MAGIC):
        raise BadInput("is no kernel image for x86-64 (bzImage, vmlinuz)", where=str(image))
    found = _NAME.fullmatch(image.name)
    modules = Path("/lib/modules", found["release"]) if found else None
    return GuestKernel(
        found["release"] if found else image.name, image, modules if modules and modules.is_dir() else None
    )
