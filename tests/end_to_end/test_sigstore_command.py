"""The unmodified `sigstore` command signs against a hub's authority, and verifies offline (issue 2, step 1)."""

from __future__ import annotations

import json
import subprocess
import urllib.parse
from pathlib import Path

from ..hubs import BIN, COMMAND_SECONDS, RunningHub

ROBOT = "robot@example.org"


def test_the_sigstore_command_signs_here_and_verifies_without_a_network(hub: RunningHub, tmp_path: Path) -> None:
    config, artifact, bundle = tmp_path / "trust_config.json", tmp_path / "hello.txt", tmp_path / "hello.bundle"
    config.write_bytes(hub.ask("/sigstore/trust_config.json").body)
    artifact.write_text("hello\n")
    token = _identity_token(hub, hub.token(ROBOT))
    _sigstore(config, "sign", "--identity-token", token, "--bundle", bundle, artifact)
    who = ("--cert-identity", ROBOT, "--cert-oidc-issuer", f"{hub.url}/sigstore/oidc")
    verify = ("verify", "identity", "--offline", "--bundle", bundle)
    assert "OK" in _sigstore(config, *verify, *who, artifact, offline=True)
    _sigstore(config, *verify, "--cert-identity", "other@example.org", *who[2:], artifact, offline=True, works=False)
    artifact.write_text("hullo\n")
    _sigstore(config, *verify, *who, artifact, offline=True, works=False)


def test_a_token_that_the_hub_did_not_make_gets_no_certificate(hub: RunningHub, tmp_path: Path) -> None:
    config, artifact = tmp_path / "trust_config.json", tmp_path / "hello.txt"
    config.write_bytes(hub.ask("/sigstore/trust_config.json").body)
    artifact.write_text("hello\n")
    token = _identity_token(hub, hub.token(ROBOT))
    head, payload, signature = token.split(".")
    forged = f"{head}.{payload}.{signature[:-8]}{'A' * 8}"
    _sigstore(config, "sign", "--identity-token", forged, "--bundle", tmp_path / "b", artifact, works=False)
    assert not (tmp_path / "b").exists()


def _identity_token(hub: RunningHub, token: str) -> str:
    """Exchange a hub's token for an identity token, as ecli does (RFC 8693)."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": token,
        "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "audience": "sigstore",
    }
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = urllib.parse.urlencode(form).encode()
    answer = hub.ask("/sigstore/oidc/token", method="POST", body=body, headers=headers)
    assert answer.status == 200, answer.text
    return str(json.loads(answer.body)["access_token"])


def _sigstore(config: Path, *words: object, offline: bool = False, works: bool = True) -> str:
    prefix = ["unshare", "--net"] if offline else []
    done = subprocess.run(
        [*prefix, BIN / "sigstore", "--trust-config", config, *map(str, words)],
        check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    assert (done.returncode == 0) == works, done.stdout + done.stderr
    return done.stdout + done.stderr
