"""The 18 bundles among sigstore-python's test assets: 7 from staging, 1 from production, 10 with a fault."""

from pathlib import Path

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import NotTrusted
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.bundle import verify_artifact_bundle, verify_manifest_bundle
from ebpfhub.signing.roots import TrustDomain

from ..published import BEACON, SLSA_PROVENANCE

GITHUB_LOGIN = "https://github.com/login/oauth"
WHEEL = Digest("sha256:c4e92e9ecc828bef2aa7dba1de8ac983511f7532a0df11c770d39099a25cf201")

ACCEPTED = [
    ("bundle.txt", GITHUB_LOGIN, "a@tny.town"),
    ("bundle_v3.txt", GITHUB_LOGIN, "william@yossarian.net"),
    ("bundle_v3_alt.txt", GITHUB_LOGIN, "william@yossarian.net"),
    ("integration/bundle_v3.txt", GITHUB_LOGIN, "william@yossarian.net"),
    ("staging-rekor-v2.txt", GITHUB_LOGIN, "jku@goto.fi"),
    ("tsa/bundle.txt", "https://accounts.google.com", "alexis.challande@trailofbits.com"),
]
REFUSED = [
    ("bundle_cve_2022_36056.txt.sigstore", "inconsistent with other materials"),
    ("bundle_invalid_version.txt.sigstore", "mediaType"),
    ("bundle_no_cert_v1.txt.sigstore", "checkpoint"),
    ("bundle_no_checkpoint.txt.sigstore", "checkpoint"),
    ("bundle_no_log_entry.txt.sigstore", "exactly one log entry"),
    ("bundle_v3_no_signed_time.txt.sigstore.json", "no signed time"),
    ("integration/Python-3.12.5.tgz.sigstore", "checkpoint"),
    ("tsa/bundle.duplicate.sigstore", "same timestamp twice"),
    ("tsa/bundle.many_timestamp.sigstore", "rfc3161Timestamps has more than"),
    ("tsa/bundle.txt.late_timestamp.sigstore", "not valid at validation time"),
]


ATTESTED, WHEEL_BUNDLE = "a.dsse.staging-rekor-v2.txt", "bundle_v3_github.whl.sigstore"


@pytest.fixture(scope="module")
def staging(tmp_path_factory: pytest.TempPathFactory) -> TrustDomain:
    """The staging instance's root out of sigstore-python's own store, which its public API writes to a cache."""
    from sigstore.models import ClientTrustConfig

    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        patch.setenv("XDG_DATA_HOME", str(home / "data"))
        ClientTrustConfig.staging(offline=True)
    (root,) = home.rglob("trusted_root.json")
    return TrustDomain.parse("staging", root.read_bytes())


@pytest.fixture(scope="module")
def public(vectors: Path) -> TrustDomain:
    return TrustDomain.parse("public", (vectors / "trusted-roots" / "public-good.trusted_root.json").read_bytes())


def bundle_of(artifact: Path) -> bytes:
    """The bundle beside an artifact."""
    return bundle_file(artifact).read_bytes()


def bundle_file(artifact: Path) -> Path:
    """The bundle's file, under one of the two spellings of its name."""
    names = {f"{artifact.name}.sigstore", f"{artifact.name}.sigstore.json"}
    (found,) = (item for item in artifact.parent.iterdir() if item.name in names)
    return found


def test_all_bundles_are_judged(vectors: Path) -> None:
    folder = vectors / "sigstore-python"
    there = {item.relative_to(folder).as_posix() for item in folder.rglob("*.sigstore*")}
    accepted = {bundle_file(folder / name).relative_to(folder).as_posix() for name, *_ in ACCEPTED}
    others = {bundle_file(folder / ATTESTED).name, WHEEL_BUNDLE}
    assert accepted | others | {name for name, _ in REFUSED} == there
    assert len(there) == 18


@pytest.mark.parametrize(("name", "issuer", "subject"), ACCEPTED)
def test_staging_bundle_names_its_signer(
    vectors: Path, staging: TrustDomain, public: TrustDomain, name: str, issuer: str, subject: str
) -> None:
    artifact = vectors / "sigstore-python" / name
    digest, bundle = Digest.of(artifact.read_bytes()), bundle_of(artifact)
    identity = Identity("staging", issuer, subject)
    assert verify_artifact_bundle(bundle, staging, artifact=digest, identity=identity).identity == identity
    with pytest.raises(NotTrusted, match="does not know the log"):
        verify_artifact_bundle(bundle, public, artifact=digest, identity=Identity("public", issuer, subject))


def test_staging_attestation_names_its_signer(vectors: Path, staging: TrustDomain) -> None:
    folder = vectors / "sigstore-python"
    signed = verify_manifest_bundle(
        bundle_of(folder / ATTESTED),
        staging,
        manifest=Digest.of((vectors / "sigstore-conformance" / "a.txt").read_bytes()),  # its statement's subject
        predicate_type=SLSA_PROVENANCE,
    )
    assert signed.identity == Identity("staging", BEACON.issuer, BEACON.subject)


def test_released_wheel_names_its_workflow(vectors: Path, public: TrustDomain) -> None:
    bundle = (vectors / "sigstore-python" / WHEEL_BUNDLE).read_bytes()
    workflow = "https://github.com/trailofbits/rfc8785.py/.github/workflows/release.yml@refs/tags/v0.1.2"
    identity = Identity("public", BEACON.issuer, workflow)
    assert verify_artifact_bundle(bundle, public, artifact=WHEEL, identity=identity).identity == identity


@pytest.mark.parametrize(("name", "reason"), REFUSED)
def test_faulty_bundle_is_refused(vectors: Path, staging: TrustDomain, name: str, reason: str) -> None:
    file = vectors / "sigstore-python" / name
    anybody = Identity("staging", GITHUB_LOGIN, "anybody@example.org")
    artifact = file.parent / file.name.split(".sigstore")[0]
    digest = Digest.of(artifact.read_bytes()) if artifact.exists() else Digest.of(b"")
    with pytest.raises(NotTrusted, match=reason) as caught:
        verify_artifact_bundle(file.read_bytes(), staging, artifact=digest, identity=anybody)
    assert caught.value.check == "signature"
