"""Images of other registries: verified for a named signer in a named domain, and every trick with either refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import PackageContents, compress
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import HubError, NotTrusted
from ebpfhub.schemas.identity import Owner
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.signing.image import MAX_DOCUMENTS, ImageBytes, VerifiedImage, verify_image
from ebpfhub.signing.verified import Seal

from ..client.sources.places import index, manifest
from ..sigstores import ALICE, Sigstore

ACME, EVIL = Sigstore("acme.test"), Sigstore("evil.test")
WASM = b"\0asm\1\0\0\0"
TOP = manifest(("application/wasm", WASM))
DIGEST = Digest.of(TOP)
WORKFLOW = "https://github.com/acme/tools/.github/workflows/release.yml@v1"


def image(*bundles: bytes, top: bytes = TOP, data: bytes = WASM, documents: tuple[bytes, ...] = ()) -> ImageBytes:
    chain = documents or (top,)
    return ImageBytes("oci://registry.test/x:1", chain, None, data, {Digest.of(chain[0]): bundles})


def owner(pattern: str = ALICE, *, issuer: str = "", domain: str = "acme") -> Owner:
    return Owner(domain, issuer or ACME.issuer, pattern)


def refused(signed: ImageBytes, who: Owner | None = None, *, domain: Sigstore = ACME) -> NotTrusted:
    who = who or owner()
    with pytest.raises(NotTrusted) as error:
        verify_image(signed, domain.domain(who.domain), who)
    return error.value


def test_an_image_signed_by_whom_was_asked_for_is_verified() -> None:
    made = verify_image(image(ACME.sign(DIGEST)), ACME.domain("acme"), owner())
    assert (made.identity.subject, made.identity.domain, made.manifest, made.data) == (ALICE, "acme", DIGEST, WASM)
    assert [check.name for check in made.checks] == ["signature", "identity", "digests"]
    assert "trust domain acme" in made.checks[0].evidence


def test_our_own_package_is_verified_by_its_signer_too() -> None:
    config, packed = PackageConfig("team", "kill", "1.0.0").to_json(), compress(b"an object")
    made = Manifest.make(
        artifact_type=media.PACKAGE,
        config=Descriptor.of(media.PACKAGE_CONFIG, config),
        layers=(Descriptor.of(media.BPF_OBJECT, packed),),
    )
    contents = PackageContents.open(made, {Digest.of(config): config, Digest.of(packed): packed})
    bundles = {made.digest: (ACME.sign(made.digest),)}
    whole = ImageBytes("oci://registry.test/x:1", (made.raw,), contents, b"", bundles)
    assert verify_image(whole, ACME.domain("acme"), owner()).contents == contents
    other = manifest(("application/wasm", WASM), annotations={"a": "b"})
    swapped = ImageBytes(whole.place, (other,), contents, b"", {Digest.of(other): (ACME.sign(Digest.of(other)),)})
    assert "another manifest" in refused(swapped).what
    changed = PackageContents(made, contents.config, {Digest.of(config): config, Digest.of(packed): packed + b"x"})
    assert refused(ImageBytes(whole.place, (made.raw,), changed, b"", bundles)).check == "blob"


def test_a_signed_index_vouches_for_the_manifest_that_it_names() -> None:
    top = index(("linux/amd64", TOP))
    signed = image(ACME.sign(Digest.of(top)), documents=(top, TOP))
    made = verify_image(signed, ACME.domain("acme"), owner())
    assert made.manifest == DIGEST and f"signed index {Digest.of(top)}" in made.checks[2].evidence
    other = index(("linux/amd64", manifest(("text/plain", b"x"))))
    signed = image(ACME.sign(Digest.of(other)), documents=(other, TOP))
    assert "no index names" in refused(signed).what
    assert "manifests on its way" in refused(image(documents=(top,) * (MAX_DOCUMENTS + 1))).what


def test_nobody_s_signature_is_told_as_such() -> None:
    error = refused(image())
    assert error.check == "signature" and "nobody has signed it" in error.what and "cosign sign" in error.todo


def test_another_identity_is_refused_by_name() -> None:
    error = refused(image(ACME.sign(DIGEST, "mallory@example.org")))
    assert error.check == "identity"
    assert "signed by mallory@example.org" in error.what and f"not by {ALICE}" in error.what


def test_the_same_identity_at_another_issuer_is_somebody_else() -> None:
    error = refused(image(ACME.sign(DIGEST, issuer="https://login.evil.test/oidc")))
    assert error.check == "identity" and "by https://login.evil.test/oidc" in error.what and ACME.issuer in error.what


@pytest.mark.parametrize(
    "pattern",
    [
        "https://github.com/acme/*@v1",  # a star stops at a slash
        "https://github.com/acme/tools/.github/workflows/release.yml",  # anchored at its end
        "github.com/acme/tools/.github/workflows/release.yml@v1",  # and at its start
        "https://github.com/acme/tools/.github/workflows/release.yml@v?",  # nothing but the star is special
        "https://github.com/acme/.*/.github/workflows/release.yml@v1",
        "HTTPS://GITHUB.COM/acme/tools/.github/workflows/release.yml@v1",  # no folding of case
        "https://github.com/acme/tools/.github/workflows/release.yml@v1\n",
    ],
)
def test_patterns_mean_no_more_than_they_say(pattern: str) -> None:
    signed = image(ACME.sign(DIGEST, WORKFLOW))
    verify_image(signed, ACME.domain("acme"), owner("https://github.com/*/tools/.github/workflows/*@v1"))
    assert refused(signed, owner(pattern)).check == "identity"


@pytest.mark.parametrize("subject", ["alice@example.org.evil.test", "alice@evil.test", "alice@example.orgx.test"])
def test_identities_that_only_contain_the_wanted_one_are_refused(subject: str) -> None:
    assert refused(image(ACME.sign(DIGEST, subject))).check == "identity"
    assert refused(image(ACME.sign(DIGEST, subject)), owner("*@example.org")).check == "identity"
    assert refused(image(ACME.sign(DIGEST, f"mal{ALICE}"))).check == "identity"


def test_the_signature_of_another_manifest_is_refused() -> None:
    other = Digest.of(manifest(("application/wasm", WASM), annotations={"version": "2"}))
    error = refused(image(ACME.sign(other)))
    assert error.check == "digests" and other in error.what and DIGEST in error.what


def test_changed_bytes_are_refused() -> None:
    error = refused(image(ACME.sign(DIGEST), data=WASM + b"\0"))
    assert error.check == "digests" and "no layer of the manifest" in error.what


def test_a_foreign_root_vouches_for_nothing() -> None:
    """Another Sigstore certifies the very identity, issuer and all; its log and authority are not this domain's."""
    error = refused(image(EVIL.sign(DIGEST, ALICE, issuer=ACME.issuer)))
    assert error.check == "signature" and "trust domain acme does not know the log" in error.what


def test_two_domains_with_exchanged_roots_vouch_for_nothing() -> None:
    signed = image(ACME.sign(DIGEST))
    assert "trust domain acme does not know" in refused(signed, domain=EVIL).what
    assert "trust domain evil does not know" in refused(signed, owner(domain="evil"), domain=EVIL).what
    with pytest.raises(NotTrusted, match="not in evil"):
        verify_image(signed, ACME.domain("evil"), owner())


@pytest.mark.parametrize("signed", [timedelta(minutes=11), timedelta(minutes=-1)])
def test_a_signature_outside_its_certificate_s_ten_minutes_is_refused(signed: timedelta) -> None:
    error = refused(image(ACME.sign(DIGEST, signed=signed)))
    assert error.check == "signature" and "the certificate was not valid when it was signed" in error.what


def test_an_attestation_is_no_signature() -> None:
    error = refused(image(ACME.sign(DIGEST, predicate="https://slsa.dev/provenance/v1")))
    assert "states 'https://slsa.dev/provenance/v1'" in error.what
    assert "payload type" in refused(image(ACME.sign(DIGEST, payload_type="application/json"))).what


def test_one_right_signature_among_wrong_ones_is_enough_and_the_nearest_refusal_is_told() -> None:
    wrong = (b"{}", b"\xff", EVIL.sign(DIGEST), ACME.sign(Digest.of(b"")), ACME.sign(DIGEST, "bob@example.org"))
    assert "signed by bob@example.org" in refused(image(*wrong)).what
    assert "the signature is for" in refused(image(*wrong[:4])).what
    assert verify_image(image(*wrong, ACME.sign(DIGEST)), ACME.domain("acme"), owner()).identity.subject == ALICE


def test_documents_that_are_none_are_refused_with_the_one_kind_of_error() -> None:
    for top in (b"", b"{}", b'{"layers": [{"digest": "sha512:00"}]}', b'{"layers": 1}'):
        refused(image(ACME.sign(Digest.of(top)), top=top))


def test_only_a_check_makes_a_verified_image() -> None:
    made = verify_image(image(ACME.sign(DIGEST)), ACME.domain("acme"), owner())
    with pytest.raises(HubError, match="seal"):
        VerifiedImage(made.place, made.manifest, made.identity, made.checks, None, WASM, None)  # type: ignore[arg-type]
    with pytest.raises(HubError, match="only verification"):
        Seal("ebpfhub.client.signed")
