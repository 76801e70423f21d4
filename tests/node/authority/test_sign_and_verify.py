"""The unmodified sigstore package and its command line, against our authority over HTTP; verification without sockets."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.trust import trusted_root
from sigstore.dsse import DigestSet, StatementBuilder, Subject
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext

from .running import Authority

ALICE = "alice@example.org"
ROBOT = "https://ci.example.org/robot"
ARTIFACT = b"a BPF object"

# refuses every socket, name lookup and connection from the first line on, then runs a program
NO_NETWORK = """
import runpy, sys
def refuse(event, args):
    if event.startswith("socket."):
        raise RuntimeError(f"network touched: {event}")
sys.addaudithook(refuse)
sys.argv = sys.argv[1:]
runpy.run_module("sigstore", run_name="__main__") if sys.argv[0] == "sigstore" else runpy.run_path(sys.argv[0])
"""

VERIFY_BY_API = """
import sys
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import AllOf, Identity, OIDCIssuerV2
root, bundle, identity, issuer, artifact = sys.argv[1:]
verifier = Verifier(trusted_root=TrustedRoot.from_file(root))
policy = AllOf([Identity(identity=identity, issuer=issuer), OIDCIssuerV2(issuer)])
parsed = Bundle.from_json(open(bundle, "rb").read())
if artifact:
    verifier.verify_artifact(open(artifact, "rb").read(), parsed, policy)
else:
    print(verifier.verify_dsse(parsed, policy)[1].decode())
"""


async def run(*command: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def sign_with_cli(authority: Authority, artifact: Path, identity: str = ALICE) -> Path:
    bundle = artifact.with_suffix(".sigstore.json")
    command = ["-m", "sigstore", "--trust-config", str(await authority.trust_config()), "sign"]
    options = ["--identity-token", authority.token(identity), "--bundle", str(bundle), str(artifact)]
    code, out, err = await run(*command, *options)
    assert code == 0, out + err
    return bundle


async def verify_with_cli(
    authority: Authority, artifact: Path, bundle: Path, identity: str = ALICE, issuer: str = ""
) -> tuple[int, str, str]:
    config = authority.folder / "trust_config.json"
    return await run(
        *("-c", NO_NETWORK, "sigstore", "--trust-config", str(config), "verify", "identity", "--offline"),
        *("--cert-identity", identity, "--cert-oidc-issuer", issuer or authority.keys.issuer),
        *("--bundle", str(bundle), str(artifact)),
    )


async def verify_with_api(
    authority: Authority, bundle: Path, artifact: Path | None, identity: str = ALICE
) -> tuple[int, str, str]:
    root = authority.folder / "trusted_root.json"
    async with authority.http.get(authority.url("trusted_root.json")) as answer:
        root.write_bytes(await answer.read())
    script = authority.folder / "verify.py"
    script.write_text(VERIFY_BY_API)
    arguments = (str(root), str(bundle), identity, authority.keys.issuer, str(artifact or ""))
    return await run("-c", NO_NETWORK, str(script), *arguments)


@pytest.fixture
def artifact(tmp_path: Path) -> Path:
    path = tmp_path / "object.bpf"
    path.write_bytes(ARTIFACT)
    return path


async def test_the_no_network_guard_itself_works(tmp_path: Path) -> None:
    script = tmp_path / "connect.py"
    script.write_text("import socket; socket.create_connection(('127.0.0.1', 9))")
    code, _, err = await run("-c", NO_NETWORK, str(script))
    assert code != 0 and "network touched" in err


async def test_cli_signs_and_cli_verifies_offline(authority: Authority, artifact: Path) -> None:
    bundle = await sign_with_cli(authority, artifact)
    code, out, err = await verify_with_cli(authority, artifact, bundle)
    assert code == 0, out + err
    assert "OK" in err + out


async def test_cli_signature_verifies_by_api_offline(authority: Authority, artifact: Path) -> None:
    bundle = await sign_with_cli(authority, artifact, ROBOT)
    code, out, err = await verify_with_api(authority, bundle, artifact, ROBOT)
    assert code == 0, out + err


async def test_entries_after_the_first_have_proofs_that_hold(authority: Authority, artifact: Path) -> None:
    bundles = []
    for number in range(5):
        path = artifact.with_name(f"object{number}.bpf")
        path.write_bytes(ARTIFACT + bytes([number]))
        await asyncio.to_thread(sign_by_api, authority, await authority.trust_config(), path)
        bundles.append(path)
    for path in bundles:
        code, out, err = await verify_with_api(authority, path.with_suffix(".sigstore.json"), path)
        assert code == 0, out + err
    assert len(authority.log.entries) == 5


def sign_by_api(authority: Authority, config: Path, artifact: Path) -> Bundle:
    trust = ClientTrustConfig.from_json(config.read_text())
    with SigningContext.from_trust_config(trust).signer(IdentityToken(authority.token())) as signer:
        bundle = signer.sign_artifact(artifact.read_bytes())
    artifact.with_suffix(".sigstore.json").write_text(bundle.to_json())
    return bundle


def attest_by_api(authority: Authority, config: Path, bundle: Path) -> None:
    trust = ClientTrustConfig.from_json(config.read_text())
    subject = Subject(name="example", digest=DigestSet({"sha256": "ab" * 32}))
    statement = StatementBuilder(
        subjects=[subject], predicate_type="https://sigstore.dev/cosign/sign/v1", predicate={}
    ).build()
    with SigningContext.from_trust_config(trust).signer(IdentityToken(authority.token())) as signer:
        bundle.write_text(signer.sign_dsse(statement).to_json())


async def test_attestation_by_api_verifies_offline(authority: Authority, tmp_path: Path) -> None:
    bundle = tmp_path / "attestation.sigstore.json"
    await asyncio.to_thread(attest_by_api, authority, await authority.trust_config(), bundle)
    code, out, err = await verify_with_api(authority, bundle, None)
    assert code == 0, err
    assert json.loads(out)["subject"][0]["digest"]["sha256"] == "ab" * 32


def append(path: Path, data: bytes) -> None:
    path.write_bytes(path.read_bytes() + data)


async def test_changed_artifact_is_refused(authority: Authority, artifact: Path) -> None:
    bundle = await sign_with_cli(authority, artifact)
    append(artifact, b"!")
    code, *_ = await verify_with_cli(authority, artifact, bundle)
    assert code != 0


async def test_other_identity_or_issuer_is_refused(authority: Authority, artifact: Path) -> None:
    bundle = await sign_with_cli(authority, artifact)
    assert (await verify_with_cli(authority, artifact, bundle, identity="mallory@example.org"))[0] != 0
    assert (await verify_with_cli(authority, artifact, bundle, issuer="https://accounts.example.net"))[0] != 0


def flip(text: str) -> str:
    """Change one bit of base64 text."""
    return ("B" if text[4] == "A" else "A").join((text[:4], text[5:]))


def tamper_root(bundle: Any) -> None:
    proof = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]
    proof["rootHash"] = flip(proof["rootHash"])


def tamper_body(bundle: Any) -> None:
    entry = bundle["verificationMaterial"]["tlogEntries"][0]
    entry["canonicalizedBody"] = flip(entry["canonicalizedBody"])


def tamper_checkpoint(bundle: Any) -> None:
    point = bundle["verificationMaterial"]["tlogEntries"][0]["inclusionProof"]["checkpoint"]
    point["envelope"] = point["envelope"].replace("rekor.hub.example.org\n1\n", "rekor.hub.example.net\n1\n")


def tamper_signature(bundle: Any) -> None:
    bundle["messageSignature"]["signature"] = flip(bundle["messageSignature"]["signature"])


def tamper_no_timestamp(bundle: Any) -> None:
    bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"] = []


def tamper_timestamp(bundle: Any) -> None:
    stamp = bundle["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]
    text = stamp["signedTimestamp"]
    stamp["signedTimestamp"] = text[:-12] + ("A" if text[-12] != "A" else "B") + text[-11:]


@pytest.mark.parametrize(
    "tamper",
    [tamper_root, tamper_body, tamper_checkpoint, tamper_signature, tamper_no_timestamp, tamper_timestamp],
    ids=lambda change: change.__name__,
)
async def test_tampered_bundle_is_refused(authority: Authority, artifact: Path, tamper: Callable[[Any], None]) -> None:
    bundle = await sign_with_cli(authority, artifact)
    content = json.loads(bundle.read_text())
    tamper(content)
    changed = json.dumps(content)
    assert changed != json.dumps(json.loads(bundle.read_text()))
    bundle.write_text(changed)
    code, _, err = await verify_with_api(authority, bundle, artifact)
    assert code != 0 and "network touched" not in err


async def test_bundle_of_another_authority_is_refused(authority: Authority, artifact: Path) -> None:
    bundle = await sign_with_cli(authority, artifact)
    other = AuthorityKeys.generate(authority.keys.origin, authority.keys.issuer, authority.keys.created)
    root = authority.folder / "other_root.json"
    root.write_bytes(trusted_root(other))
    script = authority.folder / "verify.py"
    script.write_text(VERIFY_BY_API)
    code, _, err = await run("-c", NO_NETWORK, str(script), str(root), str(bundle), ALICE, other.issuer, str(artifact))
    assert code != 0 and "VerificationError" in err
