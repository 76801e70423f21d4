"""in-toto statements about manifests."""

import json
from typing import Any

import pytest
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.signing.statement import Statement
from hypothesis import given
from hypothesis import strategies as st

MANIFEST = Digest.of(b"manifest")
SUBJECT = {"name": "library/opensnoop", "digest": {"sha256": MANIFEST.hex}}
GOOD: dict[str, Any] = {
    "_type": "https://in-toto.io/Statement/v1",
    "subject": [SUBJECT],
    "predicateType": media.COSIGN_SIGN_PREDICATE,
    "predicate": {},
}


def parse(document: object, payload_type: str = media.IN_TOTO) -> Statement:
    return Statement.parse(payload_type, json.dumps(document).encode())


def test_statement_about_the_manifest_passes() -> None:
    statement = parse(GOOD)
    for name in ("library/opensnoop", None):
        statement.require(manifest=MANIFEST, name=name, predicate_type=media.COSIGN_SIGN_PREDICATE)


def test_statement_without_a_name_is_for_any_name() -> None:
    for subject in ({"digest": SUBJECT["digest"]}, SUBJECT | {"name": ""}):
        statement = parse(GOOD | {"subject": [subject]})
        statement.require(manifest=MANIFEST, name="library/tcptop", predicate_type=media.COSIGN_SIGN_PREDICATE)


def test_attestation_may_be_of_the_version_that_cosign_writes() -> None:
    old = {"_type": "https://in-toto.io/Statement/v0.1", "predicateType": media.SLSA_PROVENANCE}
    parse(GOOD | old).require(manifest=MANIFEST, name=None, predicate_type=media.SLSA_PROVENANCE)
    with pytest.raises(BadInput):
        parse(GOOD | old | {"predicateType": media.COSIGN_SIGN_PREDICATE})
    with pytest.raises(BadInput):
        parse(GOOD | old | {"_type": "https://in-toto.io/Statement/v0.2"})


def test_other_manifest_name_or_predicate_is_not_trusted() -> None:
    statement = parse(GOOD)
    sign = media.COSIGN_SIGN_PREDICATE
    with pytest.raises(NotTrusted) as caught:
        statement.require(manifest=Digest.of(b"other"), name=None, predicate_type=sign)
    assert caught.value.check == "digests"
    with pytest.raises(NotTrusted) as caught:
        statement.require(manifest=MANIFEST, name="library/tcptop", predicate_type=sign)
    assert caught.value.check == "names"
    with pytest.raises(NotTrusted) as caught:
        statement.require(manifest=MANIFEST, name=None, predicate_type="https://slsa.dev/provenance/v1")
    assert caught.value.check == "signature"


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"_type": None},
        {"subject": []},
        {"subject": [SUBJECT, SUBJECT]},
        {"subject": SUBJECT},
        {"subject": [{"name": "x", "digest": {"sha512": "00" * 64}}]},
        {"subject": [{"name": "x", "digest": {"sha256": MANIFEST.hex.upper()}}]},
        {"subject": [{"name": 7, "digest": SUBJECT["digest"]}]},
        {"predicateType": None},
    ],
)
def test_malformed_statement_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        parse(GOOD | change)


def test_other_payload_type_is_refused() -> None:
    with pytest.raises(BadInput, match="payload type"):
        parse(GOOD, "application/json")


def test_second_subject_hidden_by_a_repeated_key_is_refused() -> None:
    with pytest.raises(BadInput, match="same key twice"):
        Statement.parse(media.IN_TOTO, json.dumps(GOOD).encode()[:-1] + b',"subject":[]}')


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps).map(str.encode)
)
def test_foreign_payload_raises_bad_input_only(payload: bytes) -> None:
    with pytest.raises(BadInput):
        Statement.parse(media.IN_TOTO, payload)
