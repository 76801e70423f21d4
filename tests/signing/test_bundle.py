"""Verifying real bundles: every field of them altered or dropped, other manifests, other domains, random bytes."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import NotTrusted
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.bundle import verify_artifact_bundle, verify_manifest_bundle
from ebpfhub.signing.material import MAX_BUNDLE_BYTES
from ebpfhub.signing.roots import TrustDomain
from hypothesis import given, settings
from hypothesis import strategies as st

from ..published import BEACON, SLSA_PROVENANCE, Case

Path_ = tuple[str | int, ...]
ENTRY: Path_ = ("verificationMaterial", "tlogEntries", 0)
# What no signature covers, so that changing it changes nothing that is believed: the digest beside a message signature
# is a hint, and the middle of that one checkpoint is a witness's cosignature, which is not ours to judge.
HINT = ("drop", "messageSignature.messageDigest")
COSIGNED = ("alter", "verificationMaterial.tlogEntries.0.inclusionProof.checkpoint.envelope")
UNBOUND = {
    "happy-path-v0.1": {HINT},
    "happy-path-v0.2": {HINT},
    "happy-path-v0.3": {HINT},
    "happy-path-intoto-in-dsse-v3": set(),
    "rekor2-happy-path": {HINT},
    "rekor2-dsse-happy-path": {COSIGNED},
}


def nodes(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*path, step)
        yield from nodes(inner, (*path, step))


def at(document: Any, path: Path_) -> Any:
    for step in path:
        document = document[step]
    return document


def put(document: Any, path: Path_, value: object) -> bytes:
    made = deepcopy(document)
    at(made, path[:-1])[path[-1]] = value
    return json.dumps(made).encode()


def dropped(document: Any, path: Path_) -> bytes:
    made = deepcopy(document)
    del at(made, path[:-1])[path[-1]]
    return json.dumps(made).encode()


def altered(text: str) -> str:
    """The next number; base64 with one bit of the middle byte turned; or text with its middle character changed."""
    if text.isdecimal():
        return str(int(text) + 1)
    try:
        raw = bytearray(base64.b64decode(text, validate=True))
        raw[len(raw) // 2] ^= 1
        return base64.b64encode(raw).decode()
    except ValueError:
        middle = len(text) // 2
        return text[:middle] + chr(ord(text[middle]) ^ 1) + text[middle + 1 :]


@pytest.mark.parametrize("name", UNBOUND)
def test_each_field_is_bound_or_known_to_be_unbound(vectors: Path, name: str) -> None:
    case = Case.read(vectors, name)
    document, genuine = json.loads(case.bundle), case.verify()
    accepted = set()
    for path in nodes(document):
        value = at(document, path)
        tampered = {"drop": dropped(document, path)}
        if isinstance(value, str):
            tampered["alter"] = put(document, path, altered(value))
        for how, bundle in tampered.items():
            try:
                verdict = case.verify(bundle=bundle)
            except NotTrusted:
                continue
            assert verdict == genuine
            accepted.add((how, ".".join(map(str, path))))
    assert accepted == UNBOUND[name]


@pytest.mark.parametrize("name", ["rekor2-happy-path", "rekor2-dsse-happy-path"])
@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        # What sigstore-python leaves open in Rekor v2 entries (its verifier accepts the first and goes by four bytes of the third).
        ((*ENTRY, "logIndex"), "1", "not that of the inclusion proof"),
        ((*ENTRY, "logIndex"), "-1", "decimal number"),
        ((*ENTRY, "logId", "keyId"), base64.b64encode(b"\0" * 32).decode(), "does not know the log"),
    ],
)
def test_what_the_library_leaves_open_is_compared(
    vectors: Path, name: str, path: Path_, value: str, reason: str
) -> None:
    case = Case.read(vectors, name)
    with pytest.raises(NotTrusted, match=reason):
        case.verify(bundle=put(json.loads(case.bundle), path, value))


@pytest.mark.parametrize("name", ["happy-path-v0.3", "rekor2-happy-path"])
def test_checkpoint_signed_under_another_name_is_refused(vectors: Path, name: str) -> None:
    case = Case.read(vectors, name)
    document = json.loads(case.bundle)
    path = (*ENTRY, "inclusionProof", "checkpoint", "envelope")
    envelope = at(document, path)
    body, _, signatures = envelope.partition("\n\n")
    origin = body.split("\n")[0].split(" - ")[0]
    renamed = f"{body}\n\n{signatures.replace(origin, 'log.example.org')}"
    with pytest.raises(NotTrusted, match="the checkpoint is of"):
        case.verify(bundle=put(document, path, renamed))


def test_log_known_under_another_address_is_refused(vectors: Path) -> None:
    case = Case.read(vectors, "rekor2-happy-path")
    root = case.root.replace(b"https://log2025-alpha1.rekor.sigstage.dev", b"https://log.example.org")
    with pytest.raises(NotTrusted, match=r"not of log\.example\.org"):
        case.verify(root=root)


def test_log_id_cut_to_the_hint_is_refused(vectors: Path) -> None:
    case = Case.read(vectors, "rekor2-happy-path")
    document = json.loads(case.bundle)
    path = (*ENTRY, "logId", "keyId")
    hint = base64.b64decode(at(document, path))[:4] + b"\0" * 28
    with pytest.raises(NotTrusted, match="does not know the log"):
        case.verify(bundle=put(document, path, base64.b64encode(hint).decode()))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("extra",), 1),
        (("verificationMaterial", "extra"), 1),
        ((*ENTRY, "extra"), 1),
        # sigstore-python reads these names too, and might believe another value than we
        ((*ENTRY, "integrated_time"), "1689177396"),
        ((*ENTRY, "log_index"), "1"),
        (("verificationMaterial", "tlog_entries"), []),
    ],
)
def test_unknown_and_second_spellings_of_fields_are_refused(vectors: Path, path: Path_, value: object) -> None:
    case = Case.read(vectors, "rekor2-happy-path")
    with pytest.raises(NotTrusted, match="unknown field"):
        case.verify(bundle=put(json.loads(case.bundle), path, value))


def test_unpromised_time_is_no_time(vectors: Path) -> None:
    case = Case.read(vectors, "rekor2-happy-path")
    bundle = put(json.loads(case.bundle), (*ENTRY, "integratedTime"), "1")
    assert case.verify(bundle=bundle) == case.verify()


def test_each_timestamp_without_a_promise_must_hold(vectors: Path) -> None:
    case, other = (Case.read(vectors, name) for name in ("rekor2-happy-path", "rekor2-timestamp-without-embedded-cert"))
    path: Path_ = ("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps")
    document, foreign = json.loads(case.bundle), json.loads(other.bundle)
    for timestamps in ([*at(document, path), *at(foreign, path)], [*at(foreign, path), *at(document, path)]):
        with pytest.raises(NotTrusted):
            case.verify(bundle=put(document, path, timestamps))


def test_facts_of_a_verified_bundle(vectors: Path) -> None:
    case = Case.read(vectors, "happy-path-intoto-in-dsse-v3")
    domain = TrustDomain.parse("public", case.root)
    signed = verify_manifest_bundle(
        case.bundle, domain, manifest=case.artifact, name="a.txt", predicate_type=SLSA_PROVENANCE
    )
    assert signed.identity == BEACON
    assert signed.log_index == 155690850
    assert signed.signed_at == int(at(json.loads(case.bundle), (*ENTRY, "integratedTime")))


def test_time_of_a_timestamp_is_the_time_of_signing(vectors: Path) -> None:
    verdict = Case.read(vectors, "trust-root-tsa-validity-end-inclusive").verify()
    assert verdict.signed_at == 1749729740  # 2025-06-12T12:02:20Z, says the case's README


def test_bundle_for_other_manifest_name_or_purpose_is_refused(vectors: Path) -> None:
    case = Case.read(vectors, "happy-path-intoto-in-dsse-v3")
    domain = TrustDomain.parse("public", case.root)
    with pytest.raises(NotTrusted, match="the signature is for") as caught:
        verify_manifest_bundle(case.bundle, domain, manifest=Digest.of(b"x"), predicate_type=SLSA_PROVENANCE)
    assert caught.value.check == "digests"
    with pytest.raises(NotTrusted, match=r"not for 'b\.txt'") as caught:
        verify_manifest_bundle(
            case.bundle, domain, manifest=case.artifact, name="b.txt", predicate_type=SLSA_PROVENANCE
        )
    assert caught.value.check == "names"
    with pytest.raises(NotTrusted, match="cosign/sign/v1"):
        verify_manifest_bundle(case.bundle, domain, manifest=case.artifact)


def test_artifact_signed_by_somebody_else_is_refused(vectors: Path) -> None:
    case = Case.read(vectors, "happy-path-v0.3")
    domain = TrustDomain.parse("public", case.root)
    for identity in (
        Identity("public", BEACON.issuer, BEACON.subject + "x"),
        Identity("public", "https://accounts.google.com", BEACON.subject),
        Identity("hub", BEACON.issuer, BEACON.subject),
    ):
        with pytest.raises(NotTrusted, match="signed by") as caught:
            verify_artifact_bundle(case.bundle, domain, artifact=case.artifact, identity=identity)
        assert caught.value.check == "identity"


def test_message_signature_is_no_statement_and_a_statement_no_message_signature(vectors: Path) -> None:
    message, statement = Case.read(vectors, "happy-path-v0.3"), Case.read(vectors, "happy-path-intoto-in-dsse-v3")
    domain = TrustDomain.parse("public", message.root)
    with pytest.raises(NotTrusted, match="not a dsse-envelope"):
        verify_manifest_bundle(message.bundle, domain, manifest=message.artifact)
    with pytest.raises(NotTrusted, match="not a message-signature"):
        verify_artifact_bundle(statement.bundle, domain, artifact=statement.artifact, identity=BEACON)


def test_bundle_of_one_domain_is_refused_in_another(vectors: Path) -> None:
    public, staging = Case.read(vectors, "happy-path-v0.3"), Case.read(vectors, "rekor2-happy-path")
    assert public.root != staging.root
    with pytest.raises(NotTrusted, match="does not know the log"):
        public.verify(root=staging.root)
    with pytest.raises(NotTrusted, match="does not know the log"):
        staging.verify(root=public.root)


def test_bundle_that_is_too_big_is_refused(vectors: Path) -> None:
    case = Case.read(vectors, "happy-path-v0.3")
    with pytest.raises(NotTrusted, match="more than"):
        case.verify(bundle=case.bundle + b" " * MAX_BUNDLE_BYTES)


def test_refusals_are_one_bounded_printable_line(vectors: Path) -> None:
    case = Case.read(vectors, "happy-path-v0.3")
    evil = put(json.loads(case.bundle), ("mediaType",), "\x1b[2J\u202e\n" * 20)
    with pytest.raises(NotTrusted) as caught:
        case.verify(bundle=evil)
    assert caught.value.what.isprintable()
    assert len(caught.value.what) < 400


@pytest.mark.parametrize("name", ["happy-path-v0.3", "happy-path-intoto-in-dsse-v3", "rekor2-dsse-happy-path"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_bytes_are_refused_or_change_nothing(vectors: Path, name: str, data: st.DataObject) -> None:
    case = Case.read(vectors, name)
    raw = bytearray(case.bundle)
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw) - 1))
        length = data.draw(st.integers(0, 4))
        raw[start : start + length] = data.draw(
            st.binary(max_size=4) | st.text("0123456789/+=AZaz", max_size=4).map(str.encode)
        )
    try:
        verdict = case.verify(bundle=bytes(raw))
    except NotTrusted:
        return
    assert verdict == case.verify()


@given(st.binary(max_size=300))
def test_foreign_bytes_are_not_trusted(vectors: Path, raw: bytes) -> None:
    domain = TrustDomain.parse("public", Case.read(vectors, "happy-path-v0.3").root)
    with pytest.raises(NotTrusted):
        verify_manifest_bundle(raw, domain, manifest=Digest.of(b""))


def test_importing_the_verifier_does_not_load_sigstore() -> None:
    code = (
        "import sys, ebpfhub.signing.bundle, ebpfhub.signing.sign; print(*{name.split('.')[0] for name in sys.modules})"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"sigstore", "sigstore_models", "cryptography", "pydantic", "requests", "rfc3161_client"} & set(loaded)
