"""Files signed with a hub's authority by cosign, and by sigstore-python's command: both, JavaScript and we verify them."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.parse
from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import NotTrusted
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.bundle import verify_artifact_bundle
from ebpfhub.signing.roots import TrustDomain

from ..conformance.go_tools import BUILD_SECONDS, COSIGN, go_tool
from ..hubs import BIN
from ..node.authority.test_browser_login import BROWSER, PASSWORD
from .conftest import Place
from .programs import clean, cosign, run, sigstore_js, sigstore_js_refuses, sigstore_python

pytestmark = pytest.mark.timeout(BUILD_SECONDS)  # the first run builds cosign
ALICE, ROBOT = "alice@example.org", "https://ci.example.org/robot"


def by_cosign(place: Place, artifact: Path, bundle: Path, identity: str) -> None:
    cosign(bundle.parent, "sign-blob", *place.signing_as(identity), "--bundle", bundle, artifact)


def by_sigstore_python(place: Place, artifact: Path, bundle: Path, identity: str) -> None:
    words = ("sign", "--identity-token", place.token(identity).read_text(), "--bundle", bundle, artifact)
    sigstore_python(bundle.parent, place.document("trust_config"), *words)


def accept(place: Place, artifact: Path, bundle: Path, identity: str) -> None:
    """Demand that all four accept it, without a network."""
    home, root = artifact.parent, place.document("trusted_root")
    cosign(home, "verify-blob", "--bundle", bundle, *place.signed_by(identity), artifact, offline=True)
    sigstore_python(home, place.document("trust_config"), *verify(place, artifact, bundle, identity), offline=True)
    assert sigstore_js(home, root, bundle, identity, place.issuer, artifact)["identity"] == identity
    expected = Identity("hub", place.issuer, identity)
    domain = TrustDomain.parse("hub", root.read_bytes())
    digest = Digest.of(artifact.read_bytes())
    assert verify_artifact_bundle(bundle.read_bytes(), domain, artifact=digest, identity=expected).identity == expected


def refuse(place: Place, artifact: Path, bundle: Path, identity: str) -> None:
    """Demand that all four refuse it."""
    home, root = artifact.parent, place.document("trusted_root")
    cosign(home, "verify-blob", "--bundle", bundle, *place.signed_by(identity), artifact, works=False)
    sigstore_python(home, place.document("trust_config"), *verify(place, artifact, bundle, identity), works=False)
    sigstore_js_refuses(home, root, bundle, identity, place.issuer, artifact)
    domain, expected = TrustDomain.parse("hub", root.read_bytes()), Identity("hub", place.issuer, identity)
    with pytest.raises(NotTrusted):
        digest = Digest.of(artifact.read_bytes())
        verify_artifact_bundle(bundle.read_bytes(), domain, artifact=digest, identity=expected)


def verify(place: Place, artifact: Path, bundle: Path, identity: str) -> tuple[object, ...]:
    who = ("--cert-identity", identity, "--cert-oidc-issuer", place.issuer)
    return ("verify", "identity", "--offline", *who, "--bundle", bundle, artifact)


@pytest.mark.parametrize(("sign", "identity"), [(by_cosign, ALICE), (by_sigstore_python, ROBOT)])
def test_every_verifier_has_the_same_verdict(
    place: Place, tmp_path: Path, sign: Callable[[Place, Path, Path, str], None], identity: str
) -> None:
    artifact, bundle = tmp_path / "hello.txt", tmp_path / "hello.sigstore.json"
    artifact.write_text("hello\n")
    sign(place, artifact, bundle, identity)
    accept(place, artifact, bundle, identity)
    refuse(place, artifact, bundle, "mallory@example.org")
    artifact.write_text("hullo\n")
    refuse(place, artifact, bundle, identity)


def test_a_token_that_the_hub_did_not_make_gets_no_certificate(place: Place, tmp_path: Path) -> None:
    token, artifact = place.token(ROBOT), tmp_path / "hello.txt"
    artifact.write_text("hello\n")
    token.write_text(token.read_text()[:-8] + "A" * 8)
    words = ("--yes", *place.signing(), "--identity-token", token, "--bundle", tmp_path / "b", artifact)
    assert "401" in cosign(tmp_path, "sign-blob", *words, works=False)
    words = ("sign", "--identity-token", token.read_text(), "--bundle", tmp_path / "b", artifact)
    sigstore_python(tmp_path, place.document("trust_config"), *words, works=False)
    assert not (tmp_path / "b").exists()


@pytest.fixture(scope="module")
def person(place: Place) -> str:
    """An identity that signs in with a password."""
    words = ("user", "add", place.hub.folder, "--identity", ALICE, "--password-stdin")
    run(place.folder, BIN / "ebpfhub", *words, stdin=PASSWORD + "\n")
    return ALICE


def test_a_person_signs_with_cosign_in_the_browser(place: Place, person: str, tmp_path: Path) -> None:
    artifact, bundle = tmp_path / "hello.txt", tmp_path / "hello.sigstore.json"
    artifact.write_text("hello\n")
    (tmp_path / "browser.py").write_text(BROWSER.replace("IDENTITY", person).replace("PASSWORD", PASSWORD))
    opened = tmp_path / "bin" / "xdg-open"
    opened.parent.mkdir()
    # as the real one, it does not wait for the browser
    opened.write_text(f'#!/bin/sh\n{sys.executable} {tmp_path}/browser.py "$1" >{tmp_path}/page 2>&1 &\n')
    opened.chmod(0o755)
    words = ("sign-blob", "--yes", *place.signing(), "--fulcio-auth-flow", "normal", "--bundle", bundle, artifact)
    path = f"{opened.parent}:{clean(tmp_path)['PATH']}"
    run(tmp_path, go_tool(COSIGN), *words, PATH=path)
    accept(place, artifact, bundle, person)


def test_a_person_signs_with_cosign_on_another_device(place: Place, person: str, tmp_path: Path) -> None:
    artifact, bundle = tmp_path / "hello.txt", tmp_path / "hello.sigstore.json"
    artifact.write_text("hello\n")
    words = ("sign-blob", "--yes", *place.signing(), "--fulcio-auth-flow", "device", "--bundle", bundle, artifact)
    with subprocess.Popen(
        [go_tool(COSIGN), *map(str, words)], env=clean(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:  # fmt: skip
        assert process.stdout is not None
        said = ""
        while not (code := re.search(r"code ([A-Z]{4}-[A-Z]{4})", said)):
            line = process.stdout.readline()
            assert line, f"it ended before it showed a code: {said}"
            said += line
        form = {"user_code": code[1], "identity": person, "password": PASSWORD}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode(form).encode()
        assert place.hub.ask("/sigstore/oidc/device", method="POST", body=body, headers=headers).status == 200
        said += process.stdout.read()
    assert process.returncode == 0, said
    accept(place, artifact, bundle, person)
