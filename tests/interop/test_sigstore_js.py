"""`@sigstore/verify`, a second implementation, verifies our bundles with our trusted root, and refuses what it must."""

from __future__ import annotations

import json
from pathlib import Path

from ebpfhub.schemas import media

from ..hubs import ADMIN
from ..sigstores import Sigstore
from .conftest import Place
from .programs import sigstore_js, sigstore_js_refuses

PREDICATES = {media.COSIGN_SIGN_PREDICATE, media.SLSA_PROVENANCE, media.CYCLONEDX_PREDICATE}


def test_every_bundle_of_a_release_verifies(place: Place, tmp_path: Path) -> None:
    bundles = place.bundles()
    assert set(bundles) == PREDICATES
    for predicate, bundle in bundles.items():
        told = sigstore_js(tmp_path, place.document("trusted_root"), bundle, ADMIN, place.issuer)
        (subject,) = told["statement"]["subject"]
        assert (told["identity"], told["statement"]["predicateType"]) == (ADMIN, predicate)
        assert f"sha256:{subject['digest']['sha256']}" == place.released["digest"]


def test_another_identity_issuer_or_root_is_refused(place: Place, tmp_path: Path) -> None:
    bundle, root = place.bundles()[media.COSIGN_SIGN_PREDICATE], place.document("trusted_root")
    other = tmp_path / "other.json"
    other.write_bytes(Sigstore(place.hub.origin).root)
    said = sigstore_js_refuses(tmp_path, root, bundle, "mallory@example.org", place.issuer)
    assert "certificate identity error" in said
    assert "invalid certificate extension" in sigstore_js_refuses(tmp_path, root, bundle, ADMIN, place.issuer + "/x")
    assert "VerificationError" in sigstore_js_refuses(tmp_path, other, bundle, ADMIN, place.issuer)


def test_a_changed_statement_is_refused(place: Place, tmp_path: Path) -> None:
    bundle = json.loads(place.bundles()[media.COSIGN_SIGN_PREDICATE].read_text())
    payload = bundle["dsseEnvelope"]["payload"]
    bundle["dsseEnvelope"]["payload"] = payload[:8] + ("A" if payload[8] != "A" else "B") + payload[9:]
    changed = tmp_path / "changed.json"
    changed.write_text(json.dumps(bundle))
    said = sigstore_js_refuses(tmp_path, place.document("trusted_root"), changed, ADMIN, place.issuer)
    assert "VerificationError" in said
