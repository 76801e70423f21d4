"""The public-good Sigstore as the installed library brings it: real published bundles verify, with no network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import Release
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.public_good import PUBLIC, check_public, public_domain, public_root, public_trust_config
from ebpfhub.signing.roots import TrustDomain
from ebpfhub.signing.sign import oidc_url
from ebpfhub.signing.trust_file import MAX_TRUST_FILE_BYTES, TrustFile
from ebpfhub.signing.verify import verify_signature
from hypothesis import given
from hypothesis import strategies as st

from ..published import Case
from ..sigstores import Sigstore

EVIL = Sigstore("evil.test")

# what the public-good services signed, artifacts and attestations; and what another Sigstore, or nobody, did
PUBLISHED = (
    "happy-path-v0.1", "happy-path-v0.2", "happy-path-v0.3", "happy-path-v0.3-new-mediaType",
    "happy-path-intoto-in-dsse-v3",
)  # fmt: skip
REFUSED = ("bundle-from-wrong-instance_fail", "rekor2-happy-path", "wrong-material_fail", "dsse-invalid-sig_fail")


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_bundles_verify_in_the_domain_public(vectors: Path, name: str) -> None:
    case = Case.read(vectors, name)
    proof = case.verify(root=public_root())
    assert proof.identity == case.identity and proof.identity.domain == PUBLIC


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_did_not_sign_is_refused(vectors: Path, name: str) -> None:
    with pytest.raises(NotTrusted):
        Case.read(vectors, name).verify(root=public_root())


def test_the_root_is_read_without_a_network_and_writes_nothing(tmp_path: Path) -> None:
    code = "from ebpfhub.signing.public_good import public_domain, public_trust_config as c; c(); print(public_domain().digest)"
    env = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-P", "-c", code], env=env, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == Digest.of(public_root()) == public_domain().digest
    assert list(tmp_path.iterdir()) == []


def test_its_trust_configuration_holds_the_same_root_and_addresses() -> None:
    file = TrustFile.parse(public_trust_config(), where="public")
    assert json.loads(file.root) == json.loads(public_root())
    assert b"https://fulcio.sigstore.dev" in (file.config or b"")
    assert oidc_url(public_trust_config()) == "https://oauth2.sigstore.dev/auth"


def test_a_root_alone_keeps_its_bytes_and_one_in_a_configuration_is_written_canonically() -> None:
    alone = TrustFile.parse(public_root(), where="file")
    assert (alone.root, alone.config) == (public_root(), None)
    inside = TrustFile.parse(public_trust_config(), where="file")
    spaced = json.dumps(json.loads(public_trust_config()), indent=4).encode()
    assert TrustFile.parse(spaced, where="file").root == inside.root
    assert inside.domain("acme").digest == Digest.of(inside.root)


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}', b"\xff"]
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        TrustFile.parse(data, where="file")


def test_a_configuration_without_a_root_and_a_file_without_end_are_refused() -> None:
    document = json.loads(public_trust_config())
    del document["trustedRoot"]
    with pytest.raises(BadInput, match="trustedRoot"):
        TrustFile.parse(json.dumps(document).encode(), where="file")
    with pytest.raises(BadInput, match="more than"):
        TrustFile.parse(public_root() + b" " * MAX_TRUST_FILE_BYTES, where="file")


def test_an_origin_that_calls_its_own_sigstore_public_is_caught() -> None:
    """It certifies an identity of Google's under the name that everybody knows."""
    google = "https://accounts.google.com"
    manifest = Digest.of(b"manifest")
    who = Identity(PUBLIC, google, "alice@example.org")
    release = Release(0, "tools", "x", "1.0.0", manifest, 8, who, (manifest,), manifest, 1)
    bundles = [EVIL.sign(manifest, who.subject, issuer=google)]
    assert verify_signature(release, bundles, EVIL.domain(PUBLIC)).identity == who
    with pytest.raises(NotTrusted, match="not the public-good one") as error:
        check_public(EVIL.domain(PUBLIC), release, bundles)
    assert error.value.check == "trust"
    check_public(EVIL.domain("evil"), release, bundles)  # under a name of its own it deceives nobody
    check_public(TrustDomain.parse(PUBLIC, b" " + EVIL.root), release, bundles, own=EVIL.domain(PUBLIC))  # a newer root


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), lambda x: st.dictionaries(st.text(), x)).map(
    lambda value: json.dumps(value).encode()))  # fmt: skip
def test_anything_else_is_refused_with_one_kind_of_error(data: bytes) -> None:
    with pytest.raises(BadInput):
        TrustFile.parse(data, where="file").domain("acme")
