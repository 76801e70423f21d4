"""The list of a built package's parts (SBOM) as CycloneDX 1.6, written by cyclonedx-python-lib, of the extra `build`.

The same sources and tools give the same document: it has no time, and a serial number made of the manifest's digest.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from ....schemas.codec import canonical_json, decode_json
from ..build import BuiltPackage
from ..record import Material, Part, Tool

if TYPE_CHECKING:
    from cyclonedx.model.component import Component

MAX_BILL_BYTES = 1024 * 1024
_SERIALS = UUID("8f0a3e1c-6d5b-5b0e-9d4f-2f6f1c1f7a10")  # namespace of our serial numbers (RFC 9562 section 5.5)
_LICENSES = {"libbpf": "LGPL-2.1-only OR BSD-2-Clause", "linux": "GPL-2.0-only", "zig": "MIT"}
_LICENSES |= {"clang": "Apache-2.0 WITH LLVM-exception"}


def prepare() -> None:
    """Import what `bill` needs, and let it read its list of licences. Raises: ImportError."""
    from cyclonedx.model import bom, component  # noqa: F401
    from cyclonedx.output import json  # noqa: F401

    _license("MIT OR Apache-2.0")


def bill(built: BuiltPackage) -> bytes:
    """The document about a built package. Raises: ImportError without cyclonedx-python-lib."""
    from cyclonedx.model.bom import Bom
    from cyclonedx.output import make_outputter
    from cyclonedx.schema import OutputFormat, SchemaVersion

    record = built.record
    held = [_file(item) for item in record.of(Part.SOURCE)]
    libbpf = _library(record.libbpf, record.of(Part.LIBBPF))
    kernel = _library(Tool("linux", record.kernel), [*record.of(Part.TYPES), *record.of(Part.SYSTEM)])
    made = Bom(serial_number=uuid5(_SERIALS, built.manifest.digest), components=[*held, libbpf, kernel])
    made.metadata.component = package = _package(built)
    made.metadata.tools.components = [_tool(record.compiler), _tool(Tool("ecli", version("ebpfhub")))]
    made.register_dependency(package, [*held, libbpf, kernel])
    text = make_outputter(made, OutputFormat.JSON, SchemaVersion.V1_6).output_as_string()
    document = decode_json(text.encode(), limit=MAX_BILL_BYTES, where="SBOM")
    del document["metadata"]["timestamp"]  # the library has no other way to leave it out
    return canonical_json(document)


def _package(built: BuiltPackage) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    config = built.config
    return Component(
        type=ComponentType.APPLICATION,
        bom_ref="package",
        group=config.namespace,
        name=config.name,
        version=config.version,
        description=config.description or None,
        licenses=[_license(config.license or built.facts.license)],
        hashes=[_hash(built.manifest.digest.hex)],
    )


def _library(tool: Tool, files: list[Material]) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    return Component(
        type=ComponentType.LIBRARY,
        bom_ref=tool.name,
        name=tool.name,
        version=tool.version or None,
        licenses=[_license(_LICENSES[tool.name])],
        components=[_file(item, inside=tool.name) for item in files],
    )


def _tool(tool: Tool) -> Component:
    from cyclonedx.model.component import Component, ComponentType

    license = _LICENSES.get(tool.name, "Apache-2.0")
    kind = ComponentType.APPLICATION
    return Component(type=kind, bom_ref=tool.name, name=tool.name, version=tool.version, licenses=[_license(license)])


def _file(item: Material, inside: str = "source") -> Component:
    from cyclonedx.model.component import Component, ComponentType

    reference = f"{inside}/{item.name}"
    return Component(type=ComponentType.FILE, bom_ref=reference, name=item.name, hashes=[_hash(item.digest.hex)])


def _hash(text: str) -> Any:
    from cyclonedx.model import HashAlgorithm, HashType

    return HashType(alg=HashAlgorithm.SHA_256, content=text)


def _license(text: str) -> Any:
    """An SPDX expression where it is one; a name like the kernel's "Dual BSD/GPL" as it is."""
    from cyclonedx.contrib.license.factories import LicenseFactory

    return LicenseFactory().make_from_string(text)
