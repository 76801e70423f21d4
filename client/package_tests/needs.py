"""What a test says that it needs: commands, a kernel at least as new, files. What a program needs, loading it tells."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ...schemas.errors import BadInput
from ...schemas.package_tests import COMMAND, FILE, KERNEL, NEEDS
from ..began import kernel_version


class Lack(NamedTuple):
    """A sentence on what is not here; `kernel` tells whether that is the kernel's."""

    what: str
    kernel: bool


def check_needs(needs: Iterable[str]) -> None:
    """See that these are needs that can be looked for. Raises: BadInput."""
    for need in needs:
        kind, _, name = need.partition(":")
        if kind not in NEEDS or not name or (kind == KERNEL and not re.fullmatch(r"\d{1,4}\.\d{1,4}", name)):
            known = "command:nc, kernel:5.15, file:/dev/kvm"
            raise BadInput(f"{need!r} is nothing that can be looked for", where="needs", todo=f"For example: {known}")


def lacking(needs: Iterable[str]) -> Lack | None:
    """The first thing that is needed and not here; None where all is. Raises: BadInput."""
    check_needs(needs)
    for need in needs:
        kind, _, name = need.partition(":")
        if kind == COMMAND and shutil.which(name) is None:
            return Lack(f"the command {name} is not on this machine", kernel=False)
        if kind == FILE and not Path(name).exists():
            return Lack(f"there is no {name} on this machine", kernel=True)
        if kind == KERNEL and tuple(map(int, name.split("."))) > kernel_version():
            return Lack(f"this kernel is older than {name}", kernel=True)
    return None
