"""An authority whose people sign in at an outside OpenID provider: a real one, on this machine, by npm's library."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jwt
import pytest

from ..hubs import BIN, Ecli, RunningHub, ebpfhub, free_port
from ..openid_provider import device_token, provider, sign_in
from ..sigstores import Sigstore
from .machine import assert_one_message, with_env

ALICE = "alice@corp.test"


@dataclass(frozen=True)
class Places:
    """A hub with an authority that takes the provider's tokens; `tools` belongs to alice of that provider."""

    hub: RunningHub
    issuer: str
    author: Ecli
    folder: Path

    def certificate(self, token: str) -> tuple[int, str]:
        """Ask the authority for a certificate: the status, and what it said when it refused."""
        headers = {"Authorization": f"Bearer {token}"}
        body = Sigstore.certificate_request()
        answer = self.hub.ask("/sigstore/fulcio/api/v2/signingCert", method="POST", body=body, headers=headers)
        return answer.status, answer.json().get("message", "")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def places(port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("provider")
    hub = RunningHub.make(folder / "hub")
    with provider(port) as issuer:
        named = f'[[authority.providers]]\nissuer = "{issuer}"\n'
        settings = hub.folder / "hub.toml"
        settings.write_text(settings.read_text().replace("[publishing]", f"{named}\n[publishing]"))
        author = Ecli(folder / "author")
        with hub.serving():
            (folder / "config.json").write_bytes(hub.ask("/sigstore/trust_config.json").body)
            author.run("trust", "domain", "add", "corp", folder / "config.json")
            author.login(hub, hub.token("pusher@example.org"))
            ebpfhub("namespace", "claim", hub.folder, "tools", "--owner", "hub", issuer, ALICE)
            yield Places(hub, issuer, author, folder)


def test_a_person_signs_in_there_on_another_device_and_releases(places: Places, package: Path, tmp_path: Path) -> None:
    words = [
        "publish",
        package,
        "--to",
        places.hub.url,
        "--sigstore",
        "corp",
        "--namespace",
        "tools",
        "--device",
        "--json",
    ]
    env = {**os.environ, "ECLI_HOME": str(places.author.home)}
    with subprocess.Popen(
        [BIN / "ecli", *map(str, words)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None and process.stdout is not None
        address = ""
        while not (found := re.fullmatch(r"\s*(http://localhost:\S+)\s*", address)):
            address = process.stderr.readline()
            assert address, "it ended before it showed an address"
        sign_in(found[1], "alice")
        told = json.loads(process.stdout.read() or "{}")
    assert told["identity"] == ALICE and told["log_index"] is not None
    reader = Ecli(tmp_path / "reader")
    reader.trust(places.hub)
    assert reader.json("verify", "tools/opensnoop")["publisher"] == f"{ALICE} (by {places.issuer})"
    lines = ebpfhub("authority", "audit", places.hub.folder, "--who", ALICE, "--json").stdout.splitlines()
    assert {json.loads(line)["issuer"] for line in lines} == {places.issuer}


def test_a_strict_provider_refuses_the_browser_flow_of_sigstores_library_and_the_device_flow_is_named(
    places: Places, package: Path, tmp_path: Path
) -> None:
    """The library sends Basic credentials with an empty secret, where a public client has none (RFC 6749)."""
    script = tmp_path / "browser.py"
    script.write_text("import sys\nfrom ebpfhub.tests.openid_provider import sign_in\nsign_in(sys.argv[1], 'alice')\n")
    person = with_env(places.author, BROWSER=f"{sys.executable} -P {script} %s")
    words = ("sign", package, "-o", tmp_path / "x.bpf", "--sigstore", "corp", "--browser")
    done = person.run(*words, expect=7)
    assert "nobody signed in" in done.stderr and "--device" in done.stderr


def test_a_token_of_it_signs_from_standard_input(places: Places, package: Path, tmp_path: Path) -> None:
    token = device_token(places.issuer, "alice")
    words = ("sign", package, "-o", tmp_path / "x.bpf", "--sigstore", "corp", "--identity-token-stdin", "--json")
    told = json.loads(places.author.run(*words, input=token + "\n").stdout)
    assert (told["identity"], told["issuer"]) == (ALICE, places.issuer)
    signer = ("--identity", ALICE, "--issuer", places.issuer, "--domain", "corp")
    places.author.run("verify", tmp_path / "x.bpf", *signer)


def test_somebody_else_of_the_provider_does_not_own_the_namespace(places: Places, package: Path) -> None:
    words = ("publish", package, "--to", places.hub.url, "--sigstore", "corp", "--namespace", "tools")
    options = ("--version", "0.9.9", "--identity-token-stdin")
    done = places.author.run(*words, *options, input=device_token(places.issuer, "bob") + "\n", expect=7)
    assert "bob@corp.test" in done.stderr
    assert_one_message(done.stderr)


def test_the_authoritys_own_people_still_sign(places: Places, package: Path) -> None:
    assert places.author.publish(places.hub, package, "--namespace", "own")["identity"] == "pusher@example.org"


def test_tokens_that_the_provider_did_not_mean_for_this_are_refused(places: Places) -> None:
    good = device_token(places.issuer, "alice")
    assert places.certificate(good)[0] == 200
    for token, said in (
        (device_token(places.issuer, "alice", client="another-program"), "Audience doesn't match"),
        (device_token(places.issuer, "unverified-mallory"), "not verified by the provider"),
        (_with(good, email="admin@corp.test"), "Signature verification failed"),
        (_unsigned(good), "is refused"),
        (_with_published_key_as_secret(places.issuer, good), "is refused"),
        (_with(good, iss="https://stranger.example.org"), "is refused"),
    ):
        status, told = places.certificate(token)
        assert status == 401 and said in told, (said, told)
        assert token not in told
    kept = "".join(path.read_text() for path in (places.hub.folder / "data" / "audit").iterdir())
    assert good not in kept and good.rpartition(".")[2] not in kept


def test_a_provider_with_new_keys_is_asked_for_them_and_one_that_is_down_is_not_needed(
    tmp_path: Path, package: Path
) -> None:
    port, hub = free_port(), RunningHub.make(tmp_path / "hub")
    settings = hub.folder / "hub.toml"
    named = f'[[authority.providers]]\nissuer = "http://localhost:{port}"\n'
    settings.write_text(settings.read_text().replace("[publishing]", f"{named}\n[publishing]"))
    with hub.serving():
        places = Places(hub, f"http://localhost:{port}", Ecli(tmp_path / "x"), tmp_path)
        with provider(port):
            old = device_token(places.issuer, "alice")
            assert places.certificate(old)[0] == 200
        assert places.certificate(old)[0] == 200  # it does not run any more; its key is known
        with provider(port):
            new = device_token(places.issuer, "alice")
            end = time.monotonic() + 60
            while (told := places.certificate(new)) and told[0] != 200 and time.monotonic() < end:
                time.sleep(1)  # a key that is not known is asked for once in ten seconds
            assert told[0] == 200, told
            assert places.certificate(old)[0] == 401


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('issuer = "http://corp.example.org"', "is not an issuer"),
        ('issuer = "https://corp.example.org"\nclaim = "name"', "neither email nor sub"),
        ('issuer = "https://corp.example.org"\nsecret = "x"', "secret"),
        ("", "issuer"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(tmp_path: Path, line: str, said: str) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    settings = hub.folder / "hub.toml"
    settings.write_text(
        settings.read_text().replace("[publishing]", f"[[authority.providers]]\n{line}\n\n[publishing]")
    )
    done = ebpfhub("serve", hub.folder, expect=2)
    assert_one_message(done.stderr, command="ebpfhub")
    assert said in done.stderr


def _with(token: str, **claims: str) -> str:
    head, body, mark = token.split(".")
    decoded = json.loads(base64.urlsafe_b64decode(body + "=="))
    made = base64.urlsafe_b64encode(json.dumps(decoded | claims).encode()).rstrip(b"=").decode()
    return f"{head}.{made}.{mark}"


def _unsigned(token: str) -> str:
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, "", algorithm="none", headers={"kid": jwt.get_unverified_header(token)["kid"]})


def _with_published_key_as_secret(issuer: str, token: str) -> str:
    """The public key taken for a shared secret: an old confusion of algorithms."""
    claims = jwt.decode(token, options={"verify_signature": False})
    secret = f"{issuer}: anybody can read this key, which is as long as a secret"
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": jwt.get_unverified_header(token)["kid"]})
