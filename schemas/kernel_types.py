"""Releases of kernel types: whole BTF of kernels that have none of their own, a layer a kernel (protocol.md section 2).

Which kernels there are stands in the signed manifest: who wants one fetches that layer, and checks it by its digest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from . import media
from .errors import BadInput
from .oci import Descriptor, Manifest
from .package import check_frame, check_readme

KERNEL = "org.ebpfhub.kernel"  # the annotation that names a layer's kernel: System.name
MAX_KERNEL_BTF_BYTES = 64 * 1024 * 1024  # bytes of one kernel's BTF, decompressed
MAX_KERNEL_BYTES = 16 * 1024 * 1024  # bytes of one kernel's layer
MAX_TYPES_RELEASE_BYTES = 128 * 1024 * 1024  # bytes of all layers
MAX_PART_CHARS = 96  # of each part of a System
_MAX_DIGITS = 18  # of a number in a release that is compared


class System(NamedTuple):
    """What decides which kernel types fit: os-release's ID and VERSION_ID, uname's machine and release."""

    id: str
    version: str
    architecture: str
    release: str

    @classmethod
    def parse(cls, name: str) -> System | None:
        """Read `ID/VERSION_ID/ARCHITECTURE/RELEASE`, as BTFHub's archive names them; None where it is none."""
        parts = name.split("/")
        return cls(*parts) if len(parts) == 4 and all(map(_is_plain, parts)) else None

    @property
    def name(self) -> str:
        """Its four parts with slashes between them."""
        return "/".join(self)

    @property
    def second_choice(self) -> System:
        """The same by the first number of its version alone, as archives know some distributions (RHEL 8.4 as 8)."""
        return self._replace(version=self.version.partition(".")[0])

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


def check_types_manifest(manifest: Manifest, *, where: str = "manifest") -> None:
    """Check that a manifest is that of kernel types: one bounded layer for each kernel, each once. Raises: BadInput."""
    check_frame(manifest, media.KERNEL_TYPES, media.TYPES_LAYERS, where=where)
    if len(manifest.layers) - len(kernels_of(manifest, where=where)) > 1:
        raise BadInput("has two READMEs", where=where)
    check_readme(manifest, where=where)


def kernels_of(manifest: Manifest, *, where: str = "manifest") -> dict[System, Descriptor]:
    """The layer of each kernel, in the manifest's order; none for a package. Raises: BadInput."""
    made: dict[System, Descriptor] = {}
    layers = [layer for layer in manifest.layers if layer.media_type == media.KERNEL_BTF]
    for layer in layers:
        name = layer.annotations.get(KERNEL, "")
        system = System.parse(name)
        if system is None:
            raise BadInput(f"has a layer for no kernel that could be ({KERNEL} is {name[:128]!r})", where=where)
        if system in made:
            raise BadInput(f"has two layers for {name}", where=where)
        if layer.size > MAX_KERNEL_BYTES:
            raise BadInput(f"has more than {MAX_KERNEL_BYTES} bytes for {name}", where=where)
        made[system] = layer
    if not made and manifest.artifact_type == media.KERNEL_TYPES:
        raise BadInput("has the types of no kernel", where=where)
    if sum(layer.size for layer in layers) > MAX_TYPES_RELEASE_BYTES:
        raise BadInput(f"is larger than {MAX_TYPES_RELEASE_BYTES} bytes in all", where=where)
    return made


def nearest(systems: Iterable[System], wanted: System, *, count: int) -> list[System]:
    """At most `count` of these systems that are most like one: by distribution, architecture, version, release."""
    return sorted(systems, key=lambda system: (_distance(system, wanted), system))[:count]


def _distance(system: System, wanted: System) -> tuple[bool, bool, bool, int, int]:
    alike, apart = 0, 0
    for ours, theirs in zip(_numbers(system.release), _numbers(wanted.release), strict=False):
        apart = abs(ours - theirs)
        if apart:
            break
        alike += 1
    same = (system.id == wanted.id, system.architecture == wanted.architecture, system.version == wanted.version)
    return not same[0], not same[1], not same[2], -alike, apart


def _numbers(release: str) -> list[int]:
    return [int(text[:_MAX_DIGITS]) for text in re.findall(r"[0-9]+", release)]


def _is_plain(part: str) -> bool:
    return 0 < len(part) <= MAX_PART_CHARS and part.isascii() and part.isprintable() and part not in (".", "..")
