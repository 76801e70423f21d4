"""Attach provenance and SBOM to a built package, as OCI referrers that travel in its file. Publishing signs them."""

from __future__ import annotations

import contextlib
from typing import NamedTuple

from ....schemas.attestation import BILL, PROVENANCE, attached, kind_of
from ....schemas.digest import Digest
from ....schemas.oci import EMPTY_CONFIG, Manifest
from ..build import BuiltPackage
from .provenance import provenance

NO_BILL = "no SBOM is attached; what writes it comes with: pip install 'ebpfhub[build]'"


class Attached(NamedTuple):
    """Referrers and their blobs; `notices` says what is not there."""

    referrers: tuple[Manifest, ...]
    blobs: dict[Digest, bytes]
    notices: tuple[str, ...]


def prepare() -> None:
    """Import what `attach` needs (0.15 seconds), where there is time for it."""
    with contextlib.suppress(ImportError):
        from .bill import prepare as prepare_bill

        prepare_bill()


def attach(built: BuiltPackage) -> Attached:
    """Write provenance and SBOM of a built package. Raises: BadInput when one is too large."""
    documents, notices = {PROVENANCE: provenance(built)}, ()
    bill = _bill(built)
    if bill:
        documents[BILL] = bill
    referrers = tuple(attached(kind_of(name), document, built.manifest) for name, document in documents.items())
    blobs = {Digest.of(data): data for data in (EMPTY_CONFIG, *documents.values())}
    return Attached(referrers, blobs, notices if bill else (NO_BILL,))


def _bill(built: BuiltPackage) -> bytes:
    try:
        from .bill import bill

        return bill(built)
    except ImportError:
        return b""
