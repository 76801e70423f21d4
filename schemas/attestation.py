"""What stands beside a package: provenance and SBOM, bare or as the payload of a signature. Shapes only, no signatures.

Bare, each is the one layer of a referrer of its own type; signed, an in-toto statement in a Sigstore bundle.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from . import media
from .codec import canonical_json, decode_json
from .digest import Digest
from .errors import BadInput
from .fields import Fields
from .oci import EMPTY_CONFIG, Descriptor, Manifest

MAX_ATTESTATION_BYTES = 128 * 1024  # bytes of a document; signed and in base64 it must still fit a bundle
PROVENANCE, BILL = "provenance", "sbom"


class Kind(NamedTuple):
    """A kind of attestation: its name for people, the artifact type of it bare, the predicate type of it signed."""

    name: str
    artifact_type: str
    predicate_type: str


KINDS = (
    Kind(PROVENANCE, media.IN_TOTO, media.SLSA_PROVENANCE),
    Kind(BILL, media.CYCLONEDX, media.CYCLONEDX_PREDICATE),
)


def kind_of(name: str) -> Kind:
    """The kind of that name."""
    return next(kind for kind in KINDS if kind.name == name)


def attached(kind: Kind, document: bytes, subject: Manifest) -> Manifest:
    """Make the referrer of a bare document about a package. Raises: BadInput when it is too large."""
    if len(document) > MAX_ATTESTATION_BYTES:
        raise BadInput(f"has more than {MAX_ATTESTATION_BYTES} bytes", where=kind.name)
    return Manifest.make(
        artifact_type=kind.artifact_type,
        config=Descriptor.of(media.OCI_EMPTY, EMPTY_CONFIG),
        layers=(Descriptor.of(kind.artifact_type, document),),
        subject=Descriptor.of(media.OCI_MANIFEST, subject.raw),
    )


def kind_of_referrer(manifest: Manifest) -> Kind | None:
    """The kind of a bare document's referrer; None for a bundle's, or anything else's."""
    kind = next((kind for kind in KINDS if kind.artifact_type == manifest.artifact_type), None)
    return kind if kind and len(manifest.layers) == 1 and manifest.layers[0].size <= MAX_ATTESTATION_BYTES else None


def statement_of(kind: Kind, document: bytes, *, manifest: Digest, name: str) -> bytes:
    """The in-toto statement to sign: provenance is one, and an SBOM becomes the predicate of one. Raises: BadInput."""
    held = _read(document, kind)
    if kind.name == PROVENANCE:
        return document
    return canonical_json(
        {
            "_type": media.IN_TOTO_STATEMENT,
            "subject": [{"name": name, "digest": {"sha256": manifest.hex}}],
            "predicateType": kind.predicate_type,
            "predicate": held,
        }
    )


def document_of(kind: Kind, statement: bytes) -> bytes:
    """The document in a signed statement. Raises: BadInput."""
    if kind.name == PROVENANCE:
        return statement
    return canonical_json(Fields(_read(statement, kind), kind.name).raw("predicate"))


def renamed(kind: Kind, document: bytes, *, manifest: Digest, namespace: str, name: str, version: str) -> bytes:
    """The document about the same package under another name, whose manifest is another. Raises: BadInput."""
    held = _read(document, kind)
    fields = Fields(held, kind.name)
    if kind.name == PROVENANCE:
        held["subject"] = [{"name": f"{namespace}/{name}", "digest": {"sha256": manifest.hex}}]
    else:
        fields.map("metadata").map("component")
        component = held["metadata"]["component"]
        component |= {"group": namespace, "name": name, "version": version}
        component["hashes"] = [{"alg": "SHA-256", "content": manifest.hex}]
    return canonical_json(held)


def _read(document: bytes, kind: Kind) -> dict[str, Any]:
    held = decode_json(document, limit=MAX_ATTESTATION_BYTES, where=kind.name)
    if not isinstance(held, dict):
        raise BadInput("must be a JSON object", where=kind.name)
    return held
