"""`ecli login`: a person allows it on the hub's page, and this machine gets a token with an end and the scopes asked for."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from ..hubs import BIN, Ecli, RunningHub, ebpfhub
from ..visitor import Visitor
from .test_sign_in import ALICE, PASSWORD, add_user


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("programs") / "hub")
    with made.serving():
        add_user(made, ALICE)
        add_user(made, "reader@example.org", "reader")
        yield made


@pytest.fixture(scope="module")
def alice(hub: RunningHub) -> Visitor:
    visitor = Visitor(hub.url)
    visitor.sign_in(ALICE, PASSWORD)
    return visitor


@dataclass
class Waiting:
    """`ecli login --device` that waits: where it sends its person, and the code that it shows."""

    process: subprocess.Popen[str]
    address: str
    code: str

    def end(self) -> tuple[int, str, str]:
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err


def log_in(hub: RunningHub, home: Path, *words: str) -> Waiting:
    process = subprocess.Popen(
        [BIN / "ecli", "login", hub.url, "--device", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=os.environ | {"ECLI_HOME": str(home)},
    )  # fmt: skip
    assert process.stderr is not None
    address, code = (_indented(process.stderr) for _ in range(2))
    return Waiting(process, address, code)


def _indented(lines: IO[str]) -> str:
    return next(line.strip() for line in lines if line.startswith("  "))


def test_person_allows_it_in_a_browser_and_the_machine_is_logged_in(
    hub: RunningHub, alice: Visitor, tmp_path: Path
) -> None:
    waiting = log_in(hub, tmp_path, "--scope", "publish:tools", "--days", "7")
    page = alice.open(waiting.address)
    assert waiting.code in page.text and "tools" in page.text and "7 days" in page.text
    done = alice.send(page, page.form("/login/device"))
    assert "goes on by itself" in done.text
    code, told, _ = waiting.end()
    assert code == 0 and told.startswith(f"logged in to {hub.url} as {ALICE}: read publish:tools; until 2")
    file = tmp_path / "credentials.json"
    token = json.loads(file.read_text())["tokens"][hub.url]
    assert file.stat().st_mode & 0o777 == 0o600
    assert hub.ask("/api/v1/whoami", headers={"Authorization": f"Bearer {token}"}).json()["scopes"] == [
        "read",
        "publish:tools",
    ]
    (listed,) = json.loads(ebpfhub("token", "list", hub.folder, "--identity", ALICE, "--json").stdout)["tokens"]
    assert listed["name"].startswith("ecli on ") and listed["expires"] - listed["created"] == 7 * 86400
    assert token not in told and token not in hub.log.read_text()
    again = alice.send(page, page.form("/login/device"))  # one code, one token
    assert again.status == 404 and "unknown, used, or too old" in again.text
    user = Ecli(tmp_path)
    assert "logged out" in user.run("logout", hub.url).stdout
    assert "were not logged in" in user.run("logout", hub.url).stdout


def test_nobody_grants_more_than_they_may(hub: RunningHub, tmp_path: Path) -> None:
    reader = Visitor(hub.url)
    reader.sign_in("reader@example.org", PASSWORD)
    waiting = log_in(hub, tmp_path, "--scope", "publish", "--scope", "admin")
    page = reader.open(waiting.address)
    reader.send(page, page.form("/login/device"))
    code, told, _ = waiting.end()
    assert code == 0 and "as reader@example.org: read; until" in told


def test_who_is_not_signed_in_is_asked_to_and_comes_back_to_the_question(hub: RunningHub, tmp_path: Path) -> None:
    visitor, waiting = Visitor(hub.url), log_in(hub, tmp_path)
    try:
        page = visitor.open(waiting.address)
        assert page.path.startswith("/sigstore/oidc/auth")
        page = visitor.send(page, page.form("/sigstore/oidc/auth"), identity=ALICE, password=PASSWORD)
        assert waiting.code in page.text
    finally:
        waiting.process.kill()
        waiting.end()


def test_another_site_cannot_allow_it(hub: RunningHub, alice: Visitor, tmp_path: Path) -> None:
    waiting = log_in(hub, tmp_path)
    try:
        page = alice.open(waiting.address)
        form = page.form("/login/device")
        evil = {"Origin": "https://evil.example.net", "Sec_Fetch_Site": "cross-site"}
        assert alice.open("/login/device", form.fields, **evil).status == 403
        assert alice.open("/login/device", form.fields | {"csrf": ""}).status == 403
        assert waiting.process.poll() is None
    finally:
        waiting.process.kill()
        waiting.end()


def test_secrets_are_not_in_the_process_list(hub: RunningHub, tmp_path: Path) -> None:
    waiting = log_in(hub, tmp_path)
    try:
        command = Path(f"/proc/{waiting.process.pid}/cmdline").read_bytes()
        assert waiting.code.encode() not in command and b"ebh_" not in command
    finally:
        waiting.process.kill()
        waiting.end()


@pytest.mark.parametrize("words", [("--scope", "account"), ("--scope", "everything")])
def test_wrong_scopes_are_refused_before_anybody_is_asked(
    hub: RunningHub, tmp_path: Path, words: tuple[str, ...]
) -> None:
    done = Ecli(tmp_path).run("login", hub.url, "--device", *words, expect=2)
    assert "scope" in done.stderr


def test_hub_without_sign_in_says_how_one_logs_in(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub", authority=False)
    with hub.serving():
        done = Ecli(tmp_path / "home").run("login", hub.url, "--device", expect=6)
        assert "no sign-in for people" in done.stderr and "--token-stdin" in done.stderr
        page = Visitor(hub.url).open("/login/")
        assert "operator gives out tokens" in page.text and "/login/start" not in page.text
        assert "Sign in" not in Visitor(hub.url).open("/").text
