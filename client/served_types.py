"""Types for a kernel that has none, out of an archive that a hub serves (protocol.md section 2).

The archive is verified as any package is; of the kernels that its manifest names one layer is fetched, from whichever
server has it, and checked by its digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from ..federation.files import write_durably
from ..federation.index.check import ProvenAbsenceError
from ..federation.package_file import PackageFile
from ..schemas.contents import decompress
from ..schemas.errors import BadInput, NotTrusted, PeerFailed, Unsupported
from ..schemas.kernel_types import MAX_KERNEL_BTF_BYTES, MAX_KERNEL_BYTES, System, kernels_of, nearest
from ..schemas.oci import Descriptor
from ..schemas.reference import Reference
from .home import Home
from .kernel_types.fit import Offer
from .programs import repository_named
from .resolve import resolve_installed
from .settings import Settings
from .store import Installed

MAX_KEPT = 4  # layers in the cache, some MB each; the oldest go first
MAX_NEAR = 4  # systems that are named where one is missing
_OWN_FILE = "or set BTF_FILE_PATH to a file with this kernel's types"


@dataclass(frozen=True, slots=True)
class ServedTypes:
    """The archives that the settings name, at an origin (empty: there is none)."""

    home: Home
    settings: Settings
    origin: str

    def offer(self, system: System) -> Offer | None:
        """Find a system's types; None where no hub can be asked. Raises: Unsupported where none has them; HubError."""
        if not self.origin or not self.settings.kernel_types:
            return None
        address, _ = repository_named()
        lacking: list[str] = []
        near: list[System] = []
        for name in self.settings.kernel_types:
            reference = Reference.parse(name)
            reference = replace(reference, origin=reference.origin or self.origin)
            try:
                kernels = self._kernels(reference, address)
            except ProvenAbsenceError:
                lacking.append(f"{reference.origin} has no {reference.package}")
                continue
            layer = kernels.get(system) or kernels.get(system.second_choice)
            if layer is not None:
                return Offer(layer.digest.hex, partial(self._read, reference, layer, system, address))
            lacking.append(f"{reference.origin}/{reference.package} has no types for {system}")
            near += kernels
        raise _missing(lacking, nearest(near, system, count=MAX_NEAR))

    def _kernels(self, reference: Reference, address: str) -> Mapping[System, Descriptor]:
        """The kernels of an archive that is verified now, or was lately. Raises: ProvenAbsenceError, HubError."""
        try:
            held = resolve_installed(reference, home=self.home, settings=self.settings, address=address)
        except PeerFailed as error:
            raise PeerFailed(
                f"this kernel has no BTF, and its types cannot be fetched: {error.what}",
                where=error.where,
                todo=f"Try again when the hub can be reached, {_OWN_FILE}.",
            ) from error
        return archived_kernels(held)

    def _read(self, reference: Reference, layer: Descriptor, system: System, address: str) -> bytes:
        """The BTF in a layer: kept here, or fetched now. Raises: HubError."""
        packed = self._kept(layer)
        if packed is None:
            from .fetch import fetch_blob  # once for a kernel; later runs need no network

            print(f"ecli: fetching the types of {system} ({layer.size} bytes) of {reference}", file=sys.stderr)  # noqa: T201
            packed = fetch_blob(reference, layer, home=self.home, address=address)
            self._keep(layer, packed)
        return decompress(packed, limit=MAX_KERNEL_BTF_BYTES, where=f"{reference}: {system}")

    def _kept(self, layer: Descriptor) -> bytes | None:
        """What was fetched before, if it has still the digest."""
        with contextlib.suppress(OSError), (self.home.kernels / layer.digest.hex).open("rb") as file:
            data = file.read(MAX_KERNEL_BYTES)
            if hashlib.sha256(data).hexdigest() == layer.digest.hex:
                return data
        return None

    def _keep(self, layer: Descriptor, data: bytes) -> None:
        self.home.make()
        write_durably(self.home.kernels / layer.digest.hex, data)
        with contextlib.suppress(OSError), os.scandir(self.home.kernels) as entries:
            dated = sorted((item.stat().st_mtime_ns, item.path) for item in entries)
            for _, path in dated[:-MAX_KEPT]:
                os.unlink(path)  # noqa: PTH108 — scandir gives texts


def archived_kernels(held: Installed) -> Mapping[System, Descriptor]:
    """The kernels that an installed archive names. Raises: NotTrusted when it is changed; BadInput for a package."""
    contents = PackageFile.read(held.package_file, where=held.receipt.reference).contents
    if contents.manifest.digest != held.receipt.manifest:
        raise NotTrusted(
            f"the installed manifest of {held.receipt.reference} is not the one that was verified",
            check="receipt",
            todo="It was changed on this machine; nothing was loaded. `ecli pull` installs it again.",
        )
    if not contents.is_types:
        raise BadInput("is a program, and no archive of kernel types", where=held.receipt.reference)
    return kernels_of(contents.manifest)


def _missing(lacking: list[str], near: list[System]) -> Unsupported:
    named = "".join(f"\n    {system}" for system in near)
    return Unsupported(
        f"this kernel has no BTF, and {', and '.join(lacking)}",
        needs="kernel BTF (CONFIG_DEBUG_INFO_BTF), or types of this kernel",
        todo=f"Ask its publisher for them, {_OWN_FILE}." + (f" The nearest that there are:{named}" if named else ""),
    )
