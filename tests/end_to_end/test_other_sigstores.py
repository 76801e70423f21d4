"""A hub that trusts another organisation's Sigstore: signed there, released here, the same for mirrors and clients.

The other Sigstore is a whole real one: the authority of another hub, which is neither mirrored nor trusted as a hub.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..hubs import BIN, Ecli, RunningHub, ebpfhub
from ..node.authority.test_browser_login import BROWSER
from .machine import Opener, assert_one_message, refused, rows, under, with_env

ALICE, BOB = "alice@acme.test", "bob@acme.test"
PASSWORD = "correct horse battery staple"


@dataclass(frozen=True)
class Places:
    """`hub` trusts the Sigstore of `acme` under that name, and has no authority of its own; `other` is a stranger's."""

    hub: RunningHub
    acme: RunningHub
    other: RunningHub
    folder: Path

    @property
    def issuer(self) -> str:
        return f"{self.acme.url}/sigstore/oidc"

    def config(self, of: RunningHub) -> Path:
        """The file that a Sigstore's operator hands out."""
        path = self.folder / f"{of.origin}.json"
        path.write_bytes(of.ask("/sigstore/trust_config.json").body)
        return path

    def token(self, identity: str, of: RunningHub | None = None) -> str:
        """An identity token, as a CI system of that organisation would give it."""
        return (of or self.acme).identity_token(identity)


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("places")
    acme = RunningHub.make(folder / "acme", origin="acme.test")
    other = RunningHub.make(folder / "other", origin="other.test")
    hub = RunningHub.make(folder / "hub", authority=False)
    with acme.serving(), other.serving(), hub.serving():
        made = Places(hub, acme, other, folder)
        # while it serves: nobody needs to restart it
        ebpfhub("trust", "add", hub.folder, "acme", made.config(acme))
        ebpfhub("namespace", "claim", hub.folder, "tools", "--owner", "acme", made.issuer, ALICE)
        yield made


@pytest.fixture(scope="module")
def author(places: Places, package: Path) -> Ecli:
    """Alice, who may push to the hub, and has released tools/opensnoop 0.1.0."""
    ecli = Ecli(places.folder / "author")
    ecli.run("trust", "domain", "add", "acme", places.config(places.acme))
    ecli.login(places.hub, places.hub.token("pusher@example.org"))
    told = publish(ecli, places, package, "--namespace", "tools", token=places.token(ALICE))
    assert (told["name"], told["identity"]) == ("tools/opensnoop", ALICE) and told["log_index"] is not None
    return ecli


@pytest.fixture
def reader(places: Places, author: Ecli, tmp_path: Path) -> Ecli:
    """Somebody who trusts the hub, and knows nothing of acme."""
    ecli = Ecli(tmp_path / "reader")
    ecli.trust(places.hub)
    return ecli


def publish(ecli: Ecli, places: Places, source: Path, *options: object, token: str, expect: int = 0) -> Any:
    """Publish with acme's Sigstore and a token of it; what `--json` tells, or the message."""
    words = ("publish", source, "--to", places.hub.url, "--sigstore", "acme", "--identity-token-stdin", "--json")
    done = ecli.run(*words, *options, input=token + "\n", expect=expect)
    return json.loads(done.stdout) if expect == 0 else done.stderr


def test_what_another_sigstore_signed_is_released_verified_and_run(
    places: Places, reader: Ecli, opener: Opener
) -> None:
    told = reader.json("verify", "tools/opensnoop")
    assert told["publisher"] == f"{ALICE} (by {places.issuer})"
    (signature,) = [check["evidence"] for check in told["checks"] if check["name"] == "signature"]
    assert "trust domain acme" in signature
    done = reader.run("run", "--max-events", "1", "tools/opensnoop", "--pid", opener.pid)
    assert len(rows(done.stdout)) == 1


def test_the_origin_note_names_the_root_and_the_hub_serves_it(places: Places, author: Ecli) -> None:
    lines = places.hub.ask("/origin").text.splitlines()
    (named,) = [line.split() for line in lines if line.startswith("trust ")]
    assert named[1] == "acme" and "serial 2" in lines
    root = places.hub.ask(f"/trust/{named[2].removeprefix('sha256:')}")
    assert (root.status, root.json()) == (200, places.acme.ask("/sigstore/trusted_root.json").json())
    (listed,) = json.loads(ebpfhub("trust", "list", places.hub.folder, "--json").stdout)
    assert (listed["name"], listed["root"], listed["releases"] > 0) == ("acme", named[2], True)


def test_a_mirror_an_archive_and_a_file_carry_it_along(places: Places, reader: Ecli, tmp_path: Path) -> None:
    mirror = RunningHub.make(tmp_path / "mirror", origin="mirror.test", authority=False)
    ebpfhub("mirror", "add", mirror.folder, places.hub.url, "--fingerprint", places.hub.fingerprint)
    island = RunningHub.make(tmp_path / "island", origin="island.test", authority=False)
    ebpfhub("export", places.hub.folder, tmp_path / "all.hubx")
    ebpfhub("import", island.folder, tmp_path / "all.hubx", "--fingerprint", places.hub.fingerprint)
    for server in (mirror, island):
        far = Ecli(tmp_path / server.origin)
        with server.serving():
            pin = ("--origin", places.hub.origin, "--fingerprint", places.hub.fingerprint)
            far.run("trust", "add", server.url, *pin)
            assert far.json("verify", "tools/opensnoop")["publisher"] == f"{ALICE} (by {places.issuer})"
        assert "clean" in ebpfhub("fsck", server.folder).stdout
    reader.run("export", "tools/opensnoop", "-o", tmp_path / "x.bpf")
    under(reader, "unshare", "--net", words=("verify", tmp_path / "x.bpf"))
    assert "clean" in ebpfhub("fsck", places.hub.folder).stdout


def test_a_signature_is_put_into_the_file_and_verifies_without_a_network(
    places: Places, package: Path, author: Ecli, tmp_path: Path, opener: Opener
) -> None:
    file = tmp_path / "signed.bpf"
    words = ("sign", package, "-o", file, "--trust-config", places.config(places.acme), "--identity-token-stdin")
    told = json.loads(author.run(*words, "--json", input=places.token(ALICE) + "\n").stdout)
    assert (told["identity"], told["issuer"]) == (ALICE, places.issuer)
    signer = ("--identity", "*@acme.test", "--issuer", places.issuer, "--domain", "acme")
    assert (
        f"identity     {ALICE} is *@acme.test"
        in under(author, "unshare", "--net", words=("verify", file, *signer)).stdout
    )
    run = ("run", "--verify", *signer, "--max-events", "1", file, "--pid", opener.pid)
    assert len(rows(under(author, "unshare", "--net", words=run).stdout)) == 1
    refused(author, "run", "--identity", BOB, *signer[2:], str(file), kind="not-trusted", says=f"signed by {ALICE}")
    refused(author, "run", "--verify", str(file), kind="not-trusted", says="--verify demands a signature")


def test_a_file_with_two_signatures_is_released_for_the_one_that_may(
    places: Places, package: Path, author: Ecli, tmp_path: Path
) -> None:
    """The first is a stranger's, from a Sigstore that the hub does not trust."""
    author.run("build", package.parent.parent, "tools/opensnoop:0.2.0", "-o", tmp_path / "x.bpf")
    for of, who in ((places.other, "mallory@other.test"), (places.acme, ALICE)):
        words = ("sign", tmp_path / "x.bpf", "--trust-config", places.config(of), "--identity-token-stdin")
        author.run(*words, input=places.token(who, of) + "\n")
    told = author.publish(places.hub, tmp_path / "x.bpf")
    assert (told["version"], told["identity"]) == ("0.2.0", ALICE)
    assert "signed already" in author.run(
        "publish", tmp_path / "x.bpf", "--to", places.hub.url, "--sigstore", "acme", expect=9
    ).stderr  # fmt: skip


def test_who_does_not_own_the_namespace_is_refused_whatever_sigstore_vouches(
    places: Places, package: Path, author: Ecli
) -> None:
    size = places.hub.ask("/readyz").json()["size"]
    options = ("--namespace", "tools", "--version", "6.6.6")
    said = publish(author, places, package, *options, token=places.token(BOB), expect=7)
    assert BOB in said and "tools" in said
    words = ("publish", package, "--to", places.hub.url, *options, "--identity-token-stdin")
    same = places.token(ALICE, places.other)  # the same name, in another Sigstore
    said = author.run(*words, "--trust-config", places.config(places.other), input=same + "\n", expect=7).stderr
    assert "no trust domain here (acme) knows the log" in said
    assert_one_message(said)
    assert places.hub.ask("/readyz").json()["size"] == size


def test_a_ci_system_signs_with_its_own_identity(places: Places, package: Path, author: Ecli) -> None:
    """GitLab hands its jobs an identity token in a variable named after the audience."""
    robot = with_env(author, GITLAB_CI="true", SIGSTORE_ID_TOKEN=places.token(ALICE))
    words = ("--sigstore", "acme", "--namespace", "tools", "--version", "0.3.0")
    assert robot.publish(places.hub, package, *words)["identity"] == ALICE
    bare = with_env(author, GITLAB_CI="true", SIGSTORE_ID_TOKEN="")
    done = bare.run("publish", package, "--to", places.hub.url, *words, expect=7)
    assert "the CI system gives no identity" in done.stderr
    done = author.run("publish", package, "--to", places.hub.url, *words, expect=7)
    assert "there is no identity to sign with" in done.stderr and "--identity-token-stdin" in done.stderr
    assert_one_message(done.stderr)


def test_a_person_signs_in_the_browser(places: Places, package: Path, author: Ecli, tmp_path: Path) -> None:
    script = tmp_path / "browser.py"
    quiet = BROWSER.replace("print(answer.read().decode())", "answer.read()")
    script.write_text(quiet.replace("IDENTITY", ALICE).replace("PASSWORD", PASSWORD))
    _give_password(places.acme, ALICE)
    person = with_env(author, BROWSER=f"{sys.executable} {script} %s")
    file = tmp_path / "signed.bpf"
    told = person.json("sign", package, "-o", file, "--sigstore", "acme", "--browser")
    assert (told["identity"], told["file"]) == (ALICE, str(file))


def test_a_person_signs_in_on_another_device(places: Places, package: Path, author: Ecli, tmp_path: Path) -> None:
    _give_password(places.acme, BOB)
    words: list[str | Path] = [
        BIN / "ecli",
        "sign",
        package,
        "-o",
        tmp_path / "signed.bpf",
        "--sigstore",
        "acme",
        "--device",
        "--json",
    ]
    env = {**os.environ, "ECLI_HOME": str(author.home)}
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and process.stdout is not None
        code = ""
        while not (found := re.fullmatch(r"\s*([A-Z]{4}-[A-Z]{4})\s*", code)):
            code = process.stderr.readline()
            assert code, "it ended before it showed a code"
        form = {"user_code": found[1], "identity": BOB, "password": PASSWORD}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode(form).encode()
        assert places.acme.ask("/sigstore/oidc/device", method="POST", body=body, headers=headers).status == 200
        told = json.loads(process.stdout.read())
    assert (process.returncode, told["identity"]) == (0, BOB)


def _give_password(hub: RunningHub, identity: str) -> None:
    words: list[str | Path] = [BIN / "ebpfhub", "user", "add", hub.folder, "--identity", identity, "--password-stdin"]
    subprocess.run(words, input=PASSWORD + "\n", text=True, check=True, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    ("token", "kind"), [("", 2), ("not a token", 2), ("a.b.c", 7), ("eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.", 7)]
)
def test_tokens_that_are_none_are_refused_and_not_repeated(
    places: Places, package: Path, author: Ecli, token: str, kind: int
) -> None:
    said = publish(author, places, package, "--namespace", "tools", token=token, expect=kind)
    assert_one_message(said)
    assert not token or token not in said


def test_options_that_contradict_each_other_are_refused(places: Places, package: Path, author: Ecli) -> None:
    config = places.config(places.acme)
    for words in (
        ("--sigstore", "acme", "--trust-config", config),
        ("--sigstore", "acme", "--browser", "--device"),
        ("--sigstore", "acme", "--to", places.hub.url),
    ):
        assert_one_message(author.run("sign", package, *words, expect=2).stderr)
    assert "needs" not in author.run("sign", package, "--to", places.hub.url, expect=6).stderr
    done = author.run("sign", package, "--trust-config", root_of(places), "--identity-token-stdin", expect=2)
    assert "trusted root alone" in done.stderr


def root_of(places: Places) -> Path:
    path = places.folder / "root.json"
    path.write_bytes(places.acme.ask("/sigstore/trusted_root.json").body)
    return path


def test_a_domain_on_which_releases_stand_is_neither_removed_nor_given_another_root(
    places: Places, author: Ecli
) -> None:
    note = places.hub.ask("/origin").text
    done = ebpfhub("trust", "remove", places.hub.folder, "acme", expect=9)
    assert_one_message(done.stderr, command="ebpfhub")
    assert "tools/opensnoop:0.1.0 was signed in the trust domain acme" in done.stderr
    done = ebpfhub("trust", "add", places.hub.folder, "acme", places.config(places.other), expect=9)
    assert "does not verify by the new root of acme" in done.stderr
    assert places.hub.ask("/origin").text == note


def test_names_that_mean_something_else_are_no_names_of_other_sigstores(places: Places) -> None:
    config = places.config(places.other)
    assert "public-good" in ebpfhub("trust", "add", places.hub.folder, "public", config, expect=2).stderr
    assert "own authority" in ebpfhub("trust", "add", places.hub.folder, "hub", config, expect=2).stderr
    assert "needs a file" in ebpfhub("trust", "add", places.hub.folder, "acme", expect=2).stderr
    assert "no trust domain" in ebpfhub("trust", "remove", places.hub.folder, "nobody", expect=3).stderr
    done = ebpfhub("namespace", "claim", places.hub.folder, "more", "--owner", "nobody", "x", "y", expect=2)
    assert "knows no trust domain 'nobody'" in done.stderr
    done = ebpfhub("namespace", "claim", places.hub.folder, "tools", "--owner", "acme", "x", "y", expect=9)
    assert "claimed already" in done.stderr


def test_the_note_is_signed_where_the_origin_key_is(tmp_path: Path) -> None:
    """The key lies on another machine: only a draft goes there, and a signed note comes back."""
    hub = RunningHub.make(tmp_path / "hub", authority=False)
    safe, draft = tmp_path / "safe", tmp_path / "next.note"
    shutil.move(hub.folder / "offline", safe)
    assert "--draft" in ebpfhub("trust", "add", hub.folder, "public", expect=3).stderr
    ebpfhub("trust", "add", hub.folder, "public", "--draft", draft)
    with hub.serving():
        assert "trust public" not in hub.ask("/origin").text
        assert "not a signed note" in ebpfhub("origin", "install", hub.folder, draft, expect=2).stderr
        shown = ebpfhub("origin", "sign", draft, "--key", safe / "origin.key").stderr
        assert "trust public sha256:" in shown and "serial 2" in shown
        ebpfhub("origin", "install", hub.folder, draft)
        assert "trust public sha256:" in hub.ask("/origin").text
        assert "serial" in ebpfhub("origin", "install", hub.folder, draft, expect=2).stderr  # a second time
    other = RunningHub.make(tmp_path / "other", authority=False)
    ebpfhub("trust", "add", other.folder, "public", "--draft", draft)
    ebpfhub("origin", "sign", draft, "--key", other.folder / "offline" / "origin.key")
    assert "origin key" in ebpfhub("origin", "install", hub.folder, draft, expect=4).stderr
    changed = hub.folder / "origin.note"
    longer = changed.read_text().replace("serial 2", "serial 3")
    (tmp_path / "forged.note").write_text(longer)
    assert ebpfhub("origin", "install", hub.folder, tmp_path / "forged.note", expect=4).stderr
