"""Provenance of a built package: an in-toto statement of SLSA v1 (slsa.dev/spec/v1.0/provenance). It is not signed yet.

It holds no time, path or name of the builder's machine: the same sources and tools give the same statement.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from ....schemas import media
from ....schemas.codec import canonical_json
from ..build import BuiltPackage
from ..record import BuildRecord, Material, Part

BUILD_TYPE = "urn:ebpfhub:build:v1"  # what the parameters mean: docs/protocol.md
BUILDER = "urn:ebpfhub:ecli"  # any machine that runs ecli; who vouches for it is who signs the statement


def provenance(built: BuiltPackage) -> bytes:
    """The statement about a built package."""
    config, record = built.config, built.record
    return canonical_json(
        {
            "_type": media.IN_TOTO_STATEMENT,
            "subject": [{"name": config.package, "digest": {"sha256": built.manifest.digest.hex}}],
            "predicateType": media.SLSA_PROVENANCE,
            "predicate": {
                "buildDefinition": {
                    "buildType": BUILD_TYPE,
                    "externalParameters": {
                        "package": config.package,
                        "version": config.version,
                        "source": record.of(Part.SOURCE)[0].name,
                        "types": record.types,
                        "architectures": list(record.architectures),
                        "defines": list(record.defines),
                    },
                    "resolvedDependencies": [*map(_file, record.materials), *_tools(record)],
                },
                "runDetails": {"builder": {"id": BUILDER, "version": {"ecli": version("ebpfhub")}}},
            },
        }
    )


def _file(item: Material) -> dict[str, Any]:
    return {"name": item.name, "digest": {"sha256": item.digest.hex}, "annotations": {"part": item.part.value}}


def _tools(record: BuildRecord) -> list[dict[str, Any]]:
    made = [_tool(item.name, item.version) for item in (record.compiler, record.libbpf)]
    return [*made, _tool("linux", record.kernel)] if record.kernel else made


def _tool(name: str, number: str) -> dict[str, Any]:
    """A tool whose files are not hashed one by one, by a package URL; libbpf's headers and the types are, besides."""
    return {"name": name, "uri": f"pkg:generic/{name}" + (f"@{number}" if number else "")}
