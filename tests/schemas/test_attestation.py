"""Attestations as they travel: bare in a referrer, or the payload of a statement; under another name when asked."""

from __future__ import annotations

import contextlib
import json

import pytest
from ebpfhub.schemas import media
from ebpfhub.schemas.attestation import (
    KINDS,
    MAX_ATTESTATION_BYTES,
    Kind,
    attached,
    document_of,
    kind_of_referrer,
    renamed,
    statement_of,
)
from ebpfhub.schemas.codec import canonical_json
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.oci import Descriptor, Manifest
from hypothesis import given
from hypothesis import strategies as st

SUBJECT = Manifest.make(artifact_type=media.PACKAGE, config=Descriptor.of(media.PACKAGE_CONFIG, b"x"), layers=())
PROVENANCE, BILL = KINDS
DOCUMENTS = {
    PROVENANCE: canonical_json({"_type": media.IN_TOTO_STATEMENT, "subject": [], "predicateType": "x"}),
    BILL: canonical_json({"bomFormat": "CycloneDX", "metadata": {"component": {"name": "old", "version": "1"}}}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_document_is_the_one_layer_of_a_referrer_of_its_own_type(kind: Kind) -> None:
    made = Manifest.parse(attached(kind, DOCUMENTS[kind], SUBJECT).raw)
    assert kind_of_referrer(made) == kind
    assert made.artifact_type == made.layers[0].media_type == kind.artifact_type
    assert made.subject is not None
    assert (made.subject.digest, made.subject.size) == (SUBJECT.digest, len(SUBJECT.raw))


@pytest.mark.parametrize("kind", KINDS)
def test_document_survives_its_statement(kind: Kind) -> None:
    statement = statement_of(kind, DOCUMENTS[kind], manifest=SUBJECT.digest, name="library/x")
    assert document_of(kind, statement) == DOCUMENTS[kind]


def test_bill_becomes_the_predicate_of_a_statement_as_cosign_writes_it() -> None:
    statement = json.loads(statement_of(BILL, DOCUMENTS[BILL], manifest=SUBJECT.digest, name="library/x"))
    assert statement["predicateType"] == "https://cyclonedx.org/bom"
    assert statement["subject"] == [{"name": "library/x", "digest": {"sha256": SUBJECT.digest.hex}}]
    assert statement["predicate"]["bomFormat"] == "CycloneDX"


def test_renamed_documents_are_about_the_new_manifest() -> None:
    digest = Digest.of(b"another manifest")
    words = {"manifest": digest, "namespace": "me", "name": "new", "version": "2.0.0"}
    statement = json.loads(renamed(PROVENANCE, DOCUMENTS[PROVENANCE], **words))  # type: ignore[arg-type]
    assert statement["subject"] == [{"name": "me/new", "digest": {"sha256": digest.hex}}]
    component = json.loads(renamed(BILL, DOCUMENTS[BILL], **words))["metadata"]["component"]  # type: ignore[arg-type]
    assert (component["group"], component["name"], component["version"]) == ("me", "new", "2.0.0")
    assert component["hashes"] == [{"alg": "SHA-256", "content": digest.hex}]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("document", [b"", b"[]", b"1", b"{", b'{"metadata": 1}', b'{"metadata": {"component": []}}'])
def test_documents_of_another_form_are_refused(kind: Kind, document: bytes) -> None:
    if kind is BILL or not document.startswith(b'{"'):
        with pytest.raises(BadInput):
            renamed(kind, document, manifest=SUBJECT.digest, namespace="a", name="b", version="1.0.0")
    if not document.startswith(b'{"'):
        with pytest.raises(BadInput):
            statement_of(kind, document, manifest=SUBJECT.digest, name="x")


def test_too_large_documents_are_refused() -> None:
    with pytest.raises(BadInput, match="more than"):
        attached(PROVENANCE, bytes(MAX_ATTESTATION_BYTES + 1), SUBJECT)


@given(st.binary(max_size=200), st.sampled_from(KINDS))
def test_any_bytes_are_read_or_refused(data: bytes, kind: Kind) -> None:
    with contextlib.suppress(BadInput):
        statement_of(kind, document_of(kind, data), manifest=SUBJECT.digest, name="x")
    with contextlib.suppress(BadInput):
        renamed(kind, data, manifest=SUBJECT.digest, namespace="a", name="b", version="1.0.0")
