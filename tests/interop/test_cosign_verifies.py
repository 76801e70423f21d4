"""cosign, unmodified, verifies what `ecli publish` published: in the hub's registry, and as files without a network."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from ebpfhub.schemas import media

from ..conformance.go_tools import BUILD_SECONDS
from ..hubs import ADMIN, RunningHub, ebpfhub
from ..sigstores import Sigstore
from .conftest import Place
from .programs import cosign

pytestmark = pytest.mark.timeout(BUILD_SECONDS)  # the first run builds cosign
TYPES = {"slsaprovenance1": media.SLSA_PROVENANCE, "cyclonedx": media.CYCLONEDX_PREDICATE}


def test_a_release_verifies_in_the_registry_by_digest_and_by_tag(place: Place, tmp_path: Path) -> None:
    by_tag = f"{place.registry}/library/opensnoop:0.1.0"
    for image in (place.image, by_tag):
        told = json.loads(cosign(tmp_path, "verify", *place.signed_by(ADMIN), image))
        assert {item["critical"]["image"]["docker-manifest-digest"] for item in told} == {place.released["digest"]}


@pytest.mark.parametrize("kind", TYPES)
def test_its_provenance_and_sbom_verify_as_attestations(place: Place, tmp_path: Path, kind: str) -> None:
    told = json.loads(cosign(tmp_path, "verify-attestation", "--type", kind, *place.signed_by(ADMIN), place.image))
    statement = json.loads(base64.b64decode(told["payload"]))
    (subject,) = statement["subject"]
    assert (statement["predicateType"], f"sha256:{subject['digest']['sha256']}") == (
        TYPES[kind],
        place.released["digest"],
    )


def test_a_mirrored_release_verifies_at_the_mirror(place: Place, tmp_path: Path) -> None:
    mirror = RunningHub.make(tmp_path / "mirror", origin="mirror.test", authority=False)
    ebpfhub("mirror", "add", mirror.folder, place.hub.url, "--fingerprint", place.hub.fingerprint)
    with mirror.serving():
        image = f"127.0.0.1:{mirror.port}/{place.hub.origin}/library/opensnoop@{place.released['digest']}"
        for command in (("verify",), ("verify-attestation", "--type", "cyclonedx")):
            cosign(tmp_path, *command, *place.signed_by(ADMIN), image)


def test_another_identity_issuer_or_root_is_refused(place: Place, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_bytes(Sigstore(place.hub.origin).root)
    said = cosign(tmp_path, "verify", *place.signed_by("mallory@example.org"), place.image, works=False)
    assert "expected SAN value" in said
    issuer = ("--certificate-oidc-issuer", "https://accounts.example.net")
    said = cosign(tmp_path, "verify", *place.signed_by(ADMIN)[:4], *issuer, place.image, works=False)
    assert "expected issuer value" in said
    root = ("--trusted-root", other)
    assert "not enough" in cosign(tmp_path, "verify", *root, *place.signed_by(ADMIN)[2:], place.image, works=False)


def test_every_bundle_verifies_as_a_file_without_a_network(place: Place, tmp_path: Path) -> None:
    bundles, manifest = place.bundles(), tmp_path / "manifest.json"
    raw = place.hub.ask(f"/v2/library/opensnoop/manifests/{place.released['digest']}").body
    assert set(bundles) == {media.COSIGN_SIGN_PREDICATE, *TYPES.values()}
    for predicate, bundle in bundles.items():
        words = ("verify-blob-attestation", "--bundle", bundle, "--type", predicate, *place.signed_by(ADMIN), manifest)
        manifest.write_bytes(raw)
        cosign(tmp_path, *words, offline=True)
        manifest.write_bytes(raw + b"\n")
        assert "digest" in cosign(tmp_path, *words, offline=True, works=False)
