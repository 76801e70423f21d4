"""sigstore-conformance's 70 bundle-verify cases: a name that ends in _fail must be refused, the others accepted."""

from pathlib import Path

import pytest
from ebpfhub.schemas.errors import BadInput, NotTrusted

from ..published import Case, vectors_folder

CASES = sorted(
    item.name for item in (vectors_folder() / "sigstore-conformance" / "bundle-verify").iterdir() if item.is_dir()
)

# Cases that should be accepted and are refused, with a part of the refusal. Nothing that should be refused is accepted.
REFUSED_BY_CHOICE = {
    # Rekor's entry kind intoto 0.0.2 was replaced by dsse 0.0.1 in 2023; sigstore-python never supported it.
    "intoto-with-custom-trust-root": "only supported for dsse/hashedrekord",
    # A bare key names no identity, and identities are what our policies are about (protocol.md section 3).
    "managed-key-happy-path": "a bare key, which names no identity",
    "managed-key-and-trusted-root": "a bare key, which names no identity",
}


def test_all_cases_are_there() -> None:
    assert len(CASES) == 70
    assert sum(name.endswith("_fail") for name in CASES) == 49


@pytest.mark.parametrize("name", CASES)
def test_bundle_gets_its_verdict(vectors: Path, name: str) -> None:
    case = Case.read(vectors, name)
    if name.endswith("_fail"):
        # A malformed trusted root is refused when it is read, before there is a bundle to distrust.
        expected = BadInput if name.startswith("trust-root-") else NotTrusted
        with pytest.raises(expected):
            case.verify()
    elif name in REFUSED_BY_CHOICE:
        with pytest.raises(NotTrusted, match=REFUSED_BY_CHOICE[name]):
            case.verify()
    else:
        assert case.verify().identity == case.identity


# Cases whose bundles have a second fault (no inclusion proof, an old entry kind) say nothing about the first; these do.
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("dsse-invalid-sig_fail", "invalid signature"),
        ("dsse-mismatch-envelope_fail", "does not match bundle"),
        ("integrated-time-in-future_fail", "certificate was not valid when it was signed"),
        ("invalid-ct-key_fail", "SCT"),
        ("invalid-checkpoint-signature_fail", "checkpoint"),
        ("message-digest-mismatch_fail", "digest mismatch"),
        ("rekor2-no-timestamp_fail", "no signed time"),
        ("rekor2-timestamp-outside-trust-root-tsa-validity_fail", "the authority of the timestamp .* was not valid"),
        ("rekor2-timestamp-with-incorrect-time_fail", "the certificate was not valid when it was signed"),
        ("set-invalid-signature_fail", "SET"),
        ("signature-mismatch_fail", "Signature is invalid"),
        ("wrong-hashedrekord-entry_fail", "inconsistent"),
    ],
)
def test_bundle_is_refused_for_its_own_fault(vectors: Path, name: str, reason: str) -> None:
    with pytest.raises(NotTrusted, match=reason) as caught:
        Case.read(vectors, name).verify()
    assert caught.value.check == "signature"
