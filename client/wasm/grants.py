"""What a guest was granted: memory, time, folders, variables, and the places where its programs may be attached.

Without a grant a guest has its arguments, stdin, stdout, stderr, clocks and random numbers, and nothing else.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ...schemas.errors import Denied
from ..loader.target import CGROUPS, NOWHERE, Target, kind_of, open_targets

MEBIBYTE = 1024 * 1024
INTERFACE_OPTION, CGROUP_OPTION = "--interface", "--cgroup"


@dataclass(frozen=True, slots=True)
class Grants:
    """memory: bytes of the guest's memory. seconds: how long it may run in all; it is ended with an error then.

    folders: a folder of this machine, and its name for the guest, which may read but not write in it. variables: names
    and values. interfaces, cgroups: names and folders at which its programs may be attached; of a cgroup also those
    below it. The first of each is taken when the guest names none.
    """

    memory: int = 256 * MEBIBYTE
    seconds: float | None = None
    folders: tuple[tuple[Path, str], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()
    interfaces: tuple[str, ...] = ()
    cgroups: tuple[str, ...] = ()

    def target(self, section: str, wanted: str) -> Target:
        """Say where a program of `section` is attached when the guest wants it at `wanted` ("": wherever).

        A section that can take neither interface nor cgroup says itself where, whatever the guest wants, as in other
        hosts of wasm-bpf. Raises: Denied, naming the option that grants it.
        """
        takes = open_targets(section)
        if "interface" in takes:
            must = takes["interface"]
            found = _chosen(wanted, self.interfaces, must=must, option=INTERFACE_OPTION, kind="network interface")
            return Target(interface=found)
        if "cgroup" in takes:
            must = kind_of(section)[0] in CGROUPS
            folders = tuple(map(os.path.realpath, self.cgroups))
            place = os.path.realpath(wanted) if wanted else ""
            return Target(cgroup=_chosen(place, folders, must=must, option=CGROUP_OPTION, kind="cgroup"))
        return NOWHERE


def _chosen(wanted: str, granted: tuple[str, ...], *, must: bool, option: str, kind: str) -> str:
    if not wanted and (granted or not must):
        return granted[0] if granted else ""
    if wanted in granted or any(kind == "cgroup" and wanted.startswith(f"{folder}/") for folder in granted):
        return wanted
    asked = f"{kind} {wanted!r}" if wanted else f"a {kind}"
    raise Denied(
        f"the guest wants to attach a program to {asked}, which was not granted",
        todo=f"grant it: {option} {wanted or ('NAME' if option == INTERFACE_OPTION else 'PATH')}",
    )
