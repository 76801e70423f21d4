"""What booting another kernel takes on this machine, looked for first: one error names all that is missing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NamedTuple

from ....schemas.errors import Unsupported

QEMU = "qemu-system-x86_64"
PLACES = "/usr/sbin:/sbin:/usr/libexec"  # beside PATH
_ARCHITECTURE = "x86_64"


class Tool(NamedTuple):
    """A program, and the packages that bring it on Debian and on dnf systems; without one it comes with the system."""

    name: str
    debian: str = ""
    redhat: str = ""


_BOOTING = (Tool(QEMU, "qemu-system-x86", "qemu-system-x86-core"), Tool("busybox", "busybox-static", "busybox"))
_FETCHING = (Tool("apt-get"), Tool("apt-cache"), Tool("dpkg"))


def require_machine(*, fetching: bool) -> None:
    """See that a kernel can be booted, and with `fetching` that one can be fetched. Raises: Unsupported."""
    if os.uname().machine != _ARCHITECTURE:
        raise Unsupported(f"other kernels are booted on {_ARCHITECTURE} machines only", where="--kernel")
    if fetching and any(found(tool.name) is None for tool in _FETCHING):
        raise Unsupported(
            "kernels are fetched from the repositories of Debian, and this system has no apt-get",
            where="--kernel",
            todo=f"Name a kernel of your own: --kernel-image /boot/vmlinuz-{os.uname().release}",
        )
    missing = [tool for tool in _BOOTING if found(tool.name) is None]
    if missing:
        names = " and ".join(tool.name for tool in missing)
        raise Unsupported(f"booting another kernel takes {names}", needs=names, todo=_bring(missing))


def found(name: str) -> Path | None:
    """A program of this machine; administrators' are not on everybody's PATH."""
    path = shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:{PLACES}")
    return Path(path) if path else None


def _bring(missing: list[Tool]) -> str:
    """The one command that brings what is missing."""
    if shutil.which("dnf") and not shutil.which("apt-get"):
        return f"sudo dnf install {' '.join(tool.redhat for tool in missing)}"
    return f"sudo apt-get install --no-install-recommends {' '.join(tool.debian for tool in missing)}"
