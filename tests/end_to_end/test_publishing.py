"""Building and publishing: what an author types, and what a hub refuses."""

from __future__ import annotations

import json
import shutil
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ebpfhub.federation.package_file import PackageFile

from ..hubs import ADMIN, Ecli, RunningHub
from .machine import assert_one_message

SMALL = """
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("tracepoint/syscalls/sys_enter_sync") int on_sync(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
"""


@pytest.fixture
def project(package: Path, tmp_path: Path) -> Path:
    """A copy of the project that opensnoop was built from."""
    return Path(shutil.copytree(package.parent.parent, tmp_path / "opensnoop", ignore=shutil.ignore_patterns("dist")))


def test_init_in_a_folder_with_a_program_adds_only_what_is_missing(tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    program = tmp_path / "mine" / "onsync.bpf.c"
    program.parent.mkdir()
    program.write_text(SMALL)

    ecli.run("init", "onsync", program.parent)
    assert {path.name for path in program.parent.iterdir()} == {
        "onsync.bpf.c",
        "config.json",
        "README.md",
        "Makefile",
        "Dockerfile",
        ".devcontainer",
        ".dockerignore",
        ".github",
        ".gitignore",
    }
    assert program.read_text() == SMALL
    assert "nothing is missing" in ecli.run("init", "onsync", program.parent).stdout
    ecli.run("build", program.parent)
    assert (program.parent / "dist" / "onsync-0.1.0.bpf").is_file()


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    done = ecli.run("init", "onsync", tmp_path / "mine", expect=9)
    assert_one_message(done.stderr)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["config.json"]


def test_build_works_on_a_program_alone_and_writes_where_it_is_told(tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "onsync.bpf.c").write_text(SMALL)
    ecli.run("build", tmp_path / "bare", "onsync:1.2.3", "-o", tmp_path / "made.bpf")
    config = PackageFile.read((tmp_path / "made.bpf").read_bytes()).contents.config
    assert (config.package, config.version) == ("library/onsync", "1.2.3")
    assert not (tmp_path / "bare" / "dist").exists()


def test_a_program_that_does_not_compile_is_told_with_its_line(tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "bad.bpf.c").write_text(SMALL.replace("return 0", "return nothing"))
    done = ecli.run("build", tmp_path / "bad", expect=2)
    assert_one_message(done.stderr)
    assert "bad.bpf.c:5" in done.stderr
    assert "nothing" in done.stderr
    assert not (tmp_path / "bad" / "dist").exists()


def test_push_releases_what_was_built_under_the_name(hub: RunningHub, publisher: Ecli, project: Path) -> None:
    publisher.run("build", project, "opensnoop:0.2.0-push")
    told = publisher.json("push", "opensnoop:0.2.0-push", "--to", hub.url)
    assert (told["name"], told["version"], told["identity"]) == ("library/opensnoop", "0.2.0-push", ADMIN)
    assert publisher.run("push", "opensnoop:7.7.7", "--to", hub.url, expect=3).stderr.startswith("ecli: ")


def test_publish_of_a_folder_tells_what_became_of_it(
    hub: RunningHub, publisher: Ecli, project: Path, reader: Ecli
) -> None:
    told = publisher.run("publish", project, "--to", hub.url, "--version", "0.3.0-rc.1").stdout
    assert told.startswith("published library/opensnoop:0.3.0-rc.1\n  digest     sha256:")
    assert f"identity   {ADMIN}" in told
    assert told.splitlines()[-1].split()[:2] == ["log", "index"]
    verdict = reader.json("verify", "opensnoop:0.3.0-rc.1")
    assert verdict["manifest"] in told


def test_namespace_and_version_are_rewritten_before_signing(
    hub: RunningHub, package: Path, reader: Ecli, tmp_path: Path
) -> None:
    author = Ecli(tmp_path / "author")
    author.login(hub, hub.token("author@example.org"))
    told = author.publish(hub, package, "--namespace", "author", "--version", "4.5.6")
    assert (told["name"], told["version"]) == ("author/opensnoop", "4.5.6")
    inspected = reader.json("inspect", "author/opensnoop")
    assert (inspected["namespace"], inspected["version"]) == ("author", "4.5.6")


def test_a_signed_file_is_not_renamed(hub: RunningHub, publisher: Ecli, exported: Path) -> None:
    for option in (("--version", "9.9.9"), ("--namespace", "other")):
        done = publisher.run("publish", exported, "--to", hub.url, *option, expect=9)
        assert_one_message(done.stderr)
        assert "signed as library/opensnoop:0.1.0" in done.stderr


def test_publishing_the_same_package_again_changes_nothing(
    hub: RunningHub, publisher: Ecli, package: Path, exported: Path
) -> None:
    size = hub.ask("/readyz").json()["size"]
    for file in (package, exported):
        told = publisher.publish(hub, file)
        assert told["log_index"] is None
        assert "released before" in publisher.run("publish", file, "--to", hub.url).stdout
    assert hub.ask("/readyz").json()["size"] == size


def test_publishing_the_same_package_twice_at_once_releases_it_once(
    hub: RunningHub, package: Path, tmp_path: Path
) -> None:
    """Into a namespace that nobody owns yet, so that the two also race for its claim."""
    ecli = Ecli(tmp_path / "home")
    ecli.login(hub, hub.token("twice@example.org"))
    with ThreadPoolExecutor() as pool:
        jobs = [pool.submit(ecli.publish, hub, package, "--namespace", "twice") for _ in range(3)]
        told = [job.result() for job in jobs]
    assert len({item["digest"] for item in told}) == 1
    assert sum(item["log_index"] is not None for item in told) == 1


def test_a_version_never_gets_a_second_digest(hub: RunningHub, publisher: Ecli, project: Path, reader: Ecli) -> None:
    before = reader.json("verify", "opensnoop:0.1.0")["manifest"]
    source = project / "opensnoop.bpf.c"
    source.write_text(source.read_text().replace("Only this process", "Only that process"))
    done = publisher.run("publish", project, "--to", hub.url, expect=9)
    assert_one_message(done.stderr)
    assert "0.1.0" in done.stderr
    assert reader.json("verify", "opensnoop:0.1.0")["manifest"] == before


def test_a_stranger_cannot_publish_into_a_namespace_of_somebody_else(
    hub: RunningHub, package: Path, tmp_path: Path
) -> None:
    stranger = Ecli(tmp_path / "stranger")
    stranger.login(hub, hub.token("stranger@example.org"))
    size = hub.ask("/readyz").json()["size"]
    done = stranger.run("publish", package, "--to", hub.url, "--version", "6.6.6", expect=7)
    assert_one_message(done.stderr)
    assert "library" in done.stderr
    assert "stranger@example.org" in done.stderr
    assert hub.ask("/readyz").json()["size"] == size


def test_publishing_needs_a_login_and_says_which_command_makes_one(
    hub: RunningHub, package: Path, tmp_path: Path
) -> None:
    done = Ecli(tmp_path / "nobody").run("publish", package, "--to", hub.url, expect=7)
    assert_one_message(done.stderr)
    assert f"ecli login {hub.url}" in done.stderr


def test_a_reader_token_does_not_publish(hub: RunningHub, package: Path, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    ecli.login(hub, hub.token("onlooker@example.org", role="reader"))
    done = ecli.run("publish", package, "--to", hub.url, "--namespace", "onlooker", expect=7)
    assert_one_message(done.stderr)


def test_tokens_that_expired_or_were_never_made_are_refused(hub: RunningHub, package: Path, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    done = ecli.run("login", hub.url, "--token-stdin", input="ebpfhub_nonsense\n", expect=7)
    assert_one_message(done.stderr)
    assert not (ecli.home / "credentials.json").exists()
    ecli.login(hub, hub.token("late@example.org"))
    _expire(hub, "late@example.org")
    done = ecli.run("publish", package, "--to", hub.url, "--namespace", "late", expect=7)
    assert_one_message(done.stderr)
    assert "the token has expired or was revoked" in done.stderr
    assert f"ecli login {hub.url}" in done.stderr


def test_the_token_of_a_login_is_readable_by_its_user_alone(hub: RunningHub, publisher: Ecli) -> None:
    assert (publisher.home / "credentials.json").stat().st_mode & 0o077 == 0
    assert publisher.home.stat().st_mode & 0o077 == 0


def test_a_login_without_a_terminal_or_an_open_stdin_says_what_to_do(hub: RunningHub, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    done = ecli.run("login", hub.url, expect=2)
    assert "--token-stdin" in done.stderr
    assert_one_message(done.stderr)


def test_logs_in_and_out(hub: RunningHub, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    done = ecli.run("login", hub.url, "--token-stdin", input=hub.token("once@example.org") + "\n")
    assert done.stdout == f"logged in to {hub.url} as once@example.org\n"
    ecli.run("logout", hub.url)
    assert json.loads((ecli.home / "credentials.json").read_text())["tokens"] == {}


def _expire(hub: RunningHub, identity: str) -> None:
    """Let a token's time be over, as it will be after 90 days."""
    with sqlite3.connect(hub.folder / "data" / "hub.sqlite3", timeout=30) as database:
        changed = database.execute("UPDATE tokens SET expires = 1 WHERE identity = ?", (identity,)).rowcount
    database.close()
    assert changed == 1
