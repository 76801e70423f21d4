"""What an OCI image or artifact holds for us: one of our packages, upstream's Wasm artifact, or one file to look at.

Reads manifests and image indexes of any registry (OCI image specification 1.1, Docker's schema 2); fetches nothing.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass

from ...schemas import media
from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, NotFound
from ...schemas.fields import Fields
from ...schemas.oci import MAX_MANIFEST_BYTES, Descriptor, Manifest
from ...schemas.package import MAX_PACKAGE_BYTES, check_package_manifest

MAX_LAYERS = 128
MAX_PLATFORMS = 256
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
WASM_TYPES = ("application/vnd.wasm.content.layer.v1+wasm", "application/wasm")  # upstream's ecli, CNCF's artifacts
ACCEPT = ", ".join((media.OCI_MANIFEST, media.OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST))
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "armv7l": "arm", "i686": "386"}
_ANY_MACHINE = ("wasm", "bpf", "bpfel", "unknown", "")


@dataclass(frozen=True, slots=True)
class Choice:
    """One manifest of an image index, with the platform that it is for."""

    descriptor: Descriptor
    system: str
    machine: str


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest. `package` is there where it is one of our packages'; else `layer` is the one to look into."""

    raw: bytes
    package: Manifest | None = None
    layer: Descriptor | None = None


def read_image(raw: bytes, *, where: str) -> Image | tuple[Choice, ...]:
    """Read a manifest, or the choices of an image index. Raises: BadInput."""
    fields = Fields(decode_json(raw, limit=MAX_MANIFEST_BYTES, where=where), where)
    kind = fields.text("mediaType", limit=255, default="")
    if kind in (media.OCI_INDEX, DOCKER_LIST) or (not kind and fields.has("manifests")):
        return tuple(_choice(item) for item in fields.maps("manifests", limit=MAX_PLATFORMS))
    if kind not in (media.OCI_MANIFEST, DOCKER_MANIFEST, ""):
        raise BadInput(f"is of the kind {kind!r}, which ecli does not know", where=where)
    artifact_type = fields.text("artifactType", limit=255, default="")
    if artifact_type == media.KERNEL_TYPES:
        raise BadInput("holds kernel types, and no program", where=where)
    if artifact_type == media.PACKAGE:
        manifest = Manifest.parse(raw, where=where)
        check_package_manifest(manifest, where=where)
        return Image(raw, package=manifest)
    layers = [Descriptor.read(item) for item in fields.maps("layers", limit=MAX_LAYERS)]
    return Image(raw, layer=_checked(_layer(layers, where), where))


def choose(choices: tuple[Choice, ...], *, where: str, machine: str = "") -> Descriptor:
    """The manifest for this machine, else one for every machine, else the only one. Raises: NotFound."""
    machine = machine or _MACHINES.get(platform.machine(), platform.machine())
    real = [item for item in choices if (item.system, item.machine) != ("unknown", "unknown")]  # attestations
    for wanted in ((machine,), _ANY_MACHINE):
        for item in real:
            if item.machine in wanted and item.system in ("linux", "wasi", "wasip1", "wasip2", ""):
                return item.descriptor
    if len(real) == 1 and not real[0].machine:
        return real[0].descriptor
    offered = ", ".join(f"{item.system}/{item.machine}" for item in real)[:200] or "nothing"
    raise NotFound(f"there is nothing for linux/{machine}; it is made for {offered}", where=where)


def _choice(fields: Fields) -> Choice:
    descriptor = Descriptor.read(fields)
    if not fields.has("platform"):
        return Choice(descriptor, "", "")
    target = fields.map("platform")
    system, machine = (target.text(name, limit=64, default="") for name in ("os", "architecture"))
    return Choice(descriptor, system, machine)


def _layer(layers: list[Descriptor], where: str) -> Descriptor:
    found = next((layer for layer in layers if layer.media_type in WASM_TYPES), None)
    if found is not None:
        return found
    if len(layers) == 1:
        return layers[0]
    types = ", ".join(sorted({layer.media_type for layer in layers}))[:300] or "none"
    raise BadInput(
        f"has {len(layers)} layers ({types}), and none of them is a program",
        where=where,
        todo="ecli runs packages, Wasm artifacts, and artifacts of one file.",
    )


def _checked(layer: Descriptor, where: str) -> Descriptor:
    if layer.size > MAX_PACKAGE_BYTES:
        raise BadInput(f"has a layer of more than {MAX_PACKAGE_BYTES} bytes", where=where)
    return layer
