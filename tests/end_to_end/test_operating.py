"""Operating a hub: commands work on its folder whether it serves or not, and a serving hub has noticed at once."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..hubs import ADMIN, BIN, RunningHub, ebpfhub
from .machine import assert_one_message


@pytest.fixture(params=[True, False], ids=["serving", "stopped"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningHub]:
    """A hub that serves, or does not."""
    hub = RunningHub.make(tmp_path / "hub")
    if request.param:
        hub.start()
    yield hub
    if hub.process is not None:
        hub.stop()


def _start_if_stopped(hub: RunningHub) -> None:
    if hub.process is None:
        hub.start()


def test_tokens_users_and_claims_are_there_when_the_command_returns(either: RunningHub) -> None:
    made = json.loads(
        ebpfhub("token", "create", either.folder, "--identity", ADMIN, "--role", "admin", "--json").stdout
    )
    assert made["claim"] == 1  # the first admin owns `library`
    again = json.loads(
        ebpfhub("token", "create", either.folder, "--identity", "b@example.org", "--role", "admin", "--json").stdout
    )
    assert again["claim"] is None
    added = subprocess.run(
        [BIN / "ebpfhub", "user", "add", either.folder, "--identity", "u@example.org", "--password-stdin"],
        input="correct horse battery\n", check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert added.returncode == 0, added.stderr
    assert "3 log entries, 0 releases" in ebpfhub("fsck", either.folder).stdout
    _start_if_stopped(either)
    told = either.ask("/api/v1/whoami", headers={"Authorization": f"Bearer {made['token']}"}).json()
    assert told == {"scopes": ["read", "publish", "moderate", "admin"], "identity": ADMIN, "role": "admin"}
    assert either.ask("/readyz").json()["size"] == 3


def test_a_token_is_printed_alone_and_not_kept_in_the_clear(either: RunningHub) -> None:
    done = ebpfhub("token", "create", either.folder, "--identity", "p@example.org")
    assert re.fullmatch(r"\S{20,200}\n", done.stdout)
    secret = done.stdout.strip()
    for path in either.folder.rglob("*"):
        if path.is_file():
            assert secret.encode() not in path.read_bytes(), path


def test_a_second_serve_of_one_folder_is_refused(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    with hub.serving():
        done = ebpfhub("serve", hub.folder, expect=9)
        assert_one_message(done.stderr, command="ebpfhub")
        assert "another process" in done.stderr
        assert hub.ask("/readyz").status == 200


def test_a_port_in_use_is_told(tmp_path: Path) -> None:
    first = RunningHub.make(tmp_path / "first")
    with first.serving():
        second = RunningHub.make(tmp_path / "second")
        settings = second.folder / "hub.toml"
        settings.write_text(settings.read_text().replace(str(second.port), str(first.port)))
        done = ebpfhub("serve", second.folder, expect=None)
        assert done.returncode not in (0, 1)
        assert_one_message(done.stderr, command="ebpfhub")
        assert str(first.port) in done.stderr


def test_init_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    done = ebpfhub("init", tmp_path, "--origin", "hub.test", expect=9)
    assert_one_message(done.stderr, command="ebpfhub")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_init_refuses_what_cannot_be_an_origin_or_an_address(tmp_path: Path) -> None:
    for words in (("--origin", "not an origin"), ("--origin", "hub.test", "--listen", "nonsense")):
        done = ebpfhub("init", tmp_path / "hub", *words, expect=2)
        assert_one_message(done.stderr, command="ebpfhub")
        assert not (tmp_path / "hub").exists()


def test_commands_on_a_folder_that_is_no_hub_are_refused(tmp_path: Path) -> None:
    for words in (("serve", tmp_path), ("fsck", tmp_path), ("token", "create", tmp_path, "--identity", ADMIN)):
        done = ebpfhub(*words, expect=2)
        assert_one_message(done.stderr, command="ebpfhub")
        assert "ebpfhub init" in done.stderr
    assert not list(tmp_path.iterdir())


def test_serving_needs_nothing_of_the_offline_folder(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    (hub.folder / "offline").rename(tmp_path / "vault")
    with hub.serving():
        assert hub.ask("/readyz").status == 200
        assert (tmp_path / "vault" / "origin.key").stat().st_mode & 0o077 == 0


def test_keys_that_others_can_read_are_not_used(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    (hub.folder / "keys" / "log.key").chmod(0o644)
    done = ebpfhub("serve", hub.folder, expect=2)
    assert "others can read this key" in done.stderr


def test_fsck_finds_damage_whether_the_hub_serves_or_not(package: Path, tmp_path: Path) -> None:
    from ..hubs import Ecli

    hub = RunningHub.make(tmp_path / "hub")
    with hub.serving():
        author = Ecli(tmp_path / "author")
        author.login(hub, hub.token(ADMIN, role="admin"))
        digest = author.publish(hub, package)["digest"]
        assert "clean" in ebpfhub("fsck", hub.folder).stdout
        blob = hub.blob(digest)
        data = blob.read_bytes()
        blob.write_bytes(data[:-1] + b" ")
        told = json.loads(ebpfhub("fsck", hub.folder, "--json", expect=1).stdout)
        assert any(digest in item["where"] + item["what"] for item in told["findings"])
    assert digest in ebpfhub("fsck", hub.folder, expect=1).stdout
    blob.write_bytes(data)
    assert "clean" in ebpfhub("fsck", hub.folder).stdout
