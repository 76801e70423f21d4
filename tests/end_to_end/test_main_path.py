"""The main path, as a user types it: a signed package comes from a hub and shows this machine's real events."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import ADMIN, BIN, Ecli, RunningHub
from .machine import Opener, rows, under

CHECKS = [
    "origin", "checkpoint", "consistency", "age", "index", "inclusion",
    "owner", "signature", "digests", "names", "permissions",
]  # fmt: skip


def test_a_verified_run_reports_every_check_and_shows_the_opened_file(reader: Ecli, opener: Opener) -> None:
    done = reader.run("run", "--verify", "--max-events", 3, "--timeout", "60s", "opensnoop", "--pid", opener.pid)

    told = done.stderr.splitlines()
    assert told[0].startswith("installed hub.test/library/opensnoop:latest 0.1.0 by ")  # and what it may do
    assert sum(line.startswith("verified hub.test/library/opensnoop:latest  sha256:") for line in told) == 1
    assert [line.split()[1] for line in told if line.startswith("  ok  ")] == ["source", *CHECKS]
    assert ADMIN in done.stderr
    shown = rows(done.stdout)
    assert len(shown) == 3
    assert all(row.split()[1] == str(opener.pid) and opener.file.name in row for row in shown)


def test_json_events_are_flat_objects_one_a_line(installed: Ecli, opener: Opener) -> None:
    done = installed.run("run", "--json", "--max-events", 4, "opensnoop", "--pid", opener.pid)

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(events) == 4
    for event in events:
        assert list(event) == ["pid", "ppid", "uid", "ret", "flags", "comm", "fname"]
        assert all(isinstance(value, int | str) for value in event.values())
        assert event["pid"] == opener.pid
    assert {event["fname"] for event in events} == {str(opener.file), str(opener.missing)}


def test_failed_shows_only_what_could_not_be_opened(installed: Ecli, opener: Opener) -> None:
    done = installed.run("run", "--json", "--max-events", 3, "opensnoop", "--failed", "-p", opener.pid)

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["fname"] for event in events] == [str(opener.missing)] * 3
    assert {event["ret"] for event in events} == {-2}  # ENOENT


def test_timeout_ends_a_run_with_success(installed: Ecli) -> None:
    done = installed.run("run", "--timeout", "300ms", "--json", "opensnoop", "--pid", 2**31 - 1)
    assert done.stdout == ""


def test_a_run_that_is_interrupted_detaches_and_ends(installed: Ecli, opener: Opener) -> None:
    done = under(
        installed, "timeout", "--preserve-status", "--signal=INT", "3",
        words=("run", "--json", "opensnoop", "--pid", opener.pid),
    )  # fmt: skip
    assert done.stdout.count("\n") > 3
    assert done.stderr == ""


def test_a_reader_that_leaves_ends_the_run_quietly(installed: Ecli, opener: Opener) -> None:
    done = subprocess.run(
        ["bash", "-c", f'ecli run --json opensnoop --pid {opener.pid} | head -n 2; exit "${{PIPESTATUS[0]}}"'],
        env=os.environ | {"ECLI_HOME": str(installed.home), "PATH": f"{BIN}:{os.environ['PATH']}"}, check=False, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 2


def test_help_of_a_package_comes_from_its_metadata(installed: Ecli) -> None:
    for words in (("opensnoop", "-h"), ("opensnoop", "--pid", 1, "--help")):
        told = installed.run("run", *words).stdout
        assert told.startswith("opensnoop 0.1.0\nTraces the files that programs open\n")
        for line in ("-p, --pid N", "Only this process", "-x, --failed", "Only calls that failed"):
            assert line in told
        assert "ecli run opensnoop -p" in told


def test_an_option_that_the_program_lacks_is_told_with_its_likes(installed: Ecli) -> None:
    done = installed.run("run", "opensnoop", "--pidd", 1, expect=2)
    assert "did you mean --pid" in done.stderr


def test_trust_shows_keys_and_sigstores_of_an_origin(hub: RunningHub, reader: Ecli) -> None:
    reader.run("pull", "opensnoop")
    told = reader.json("trust", "show")
    assert (told["origin"], told["fingerprint"], told["default"]) == (hub.origin, hub.fingerprint, True)
    assert told["seen"] > 0 and told["serial"] >= 1 and list(told["domains"]) == ["hub"]
    assert [item["first"] for item in told["log_keys"]] == [0]
    shown = reader.run("trust", "show", hub.origin).stdout
    assert f"{hub.origin}, the default origin" in shown and told["domains"]["hub"] in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_origin_that_is_removed_runs_nothing_any_more(hub: RunningHub, reader: Ecli) -> None:
    reader.run("pull", "opensnoop")
    assert f"{hub.origin} is not trusted any more" in reader.run("trust", "remove", hub.origin).stdout
    for words in (("run", "opensnoop"), ("trust", "show")):
        assert "no hub is trusted yet" in reader.run(*words, expect=EXIT_CODES["not-found"]).stderr
    reader.trust(hub)
    reader.run("verify", "opensnoop")


def test_trust_list_names_origin_and_fingerprint(hub: RunningHub, reader: Ecli) -> None:
    (pin,) = reader.json("trust", "list")
    assert (pin["origin"], pin["fingerprint"], pin["default"]) == (hub.origin, hub.fingerprint, True)
    assert hub.fingerprint in reader.run("trust", "list").stdout


def test_search_finds_the_package(reader: Ecli) -> None:
    (found,) = [item for item in reader.json("search", "opensnoop") if item["namespace"] == "library"]
    assert (found["name"], found["version"]) == ("opensnoop", "0.1.0")
    assert "opensnoop" in reader.run("search", "programs", "open").stdout
    narrowed = reader.json(
        "search", "--category", "files", "--attach", "tracepoint", "--kernel", "6.1", "--sort", "new"
    )
    assert found | {"downloads": None} in [
        item | {"downloads": None} for item in narrowed
    ]  # they are counted meanwhile
    refused = reader.run("search", "--attach", "magic", expect=2).stderr
    assert "attach: 'magic' is unknown; there are cgroup" in refused
    assert "has no such package" in reader.run("search", "--attach", "xdp", expect=3).stderr
    corrected = reader.run("search", "opensnop")
    assert "found for: opensnoop" in corrected.stderr
    assert corrected.stdout.splitlines()[1].startswith("opensnoop")


def test_inspect_tells_who_what_and_which_permissions(installed: Ecli, package: Path) -> None:
    told = installed.json("inspect", "opensnoop")
    assert (told["namespace"], told["name"], told["version"]) == ("library", "opensnoop", "0.1.0")
    assert ADMIN in told["publisher"]
    assert {item["section"] for item in told["programs"]} >= {"tracepoint/syscalls/sys_enter_openat"}
    assert "observes" in json.dumps(told["permissions"])
    assert installed.json("inspect", package)["publisher"] == ""
    assert "nobody has signed this" in installed.run("inspect", package).stdout


def test_verify_gives_a_verdict_in_json(reader: Ecli, package: Path) -> None:
    verdict = reader.json("verify", "opensnoop")
    assert verdict["verified"] is True
    assert [item["name"] for item in verdict["checks"]] == ["source", *CHECKS]
    done = reader.run("verify", package, "--json", expect=4)
    assert json.loads(done.stdout)["verified"] is False


def test_a_pulled_package_runs_without_its_hub_and_without_a_network(installed: Ecli, opener: Opener) -> None:
    words = ("run", "--verify", "--json", "--max-events", 1, "opensnoop", "--pid", opener.pid)
    done = under(installed, "unshare", "--net", words=words)
    assert json.loads(done.stdout)["pid"] == opener.pid


def test_an_exported_file_is_verified_and_run_without_a_network(
    hub: RunningHub, exported: Path, opener: Opener, tmp_path: Path
) -> None:
    ecli = Ecli(tmp_path / "home")
    ecli.trust(hub)
    told = under(ecli, "unshare", "--net", words=("verify", exported)).stdout
    assert [line.split()[1] for line in told.splitlines()[1:]] == CHECKS
    words = ("run", "--verify", "--json", "--max-events", 2, exported, "--pid", opener.pid)
    done = under(ecli, "unshare", "--net", words=words)
    assert {json.loads(line)["pid"] for line in done.stdout.splitlines()} == {opener.pid}
    assert not (ecli.home / "packages").exists()


@pytest.mark.parametrize(
    "word", ["opensnoop", "library/opensnoop", "hub.test/library/opensnoop:0.1.0", "opensnoop:latest"]
)
def test_every_spelling_of_a_name_means_the_same_package(installed: Ecli, word: str) -> None:
    assert installed.json("inspect", word)["version"] == "0.1.0"


def test_a_name_with_its_digest_is_found_and_with_another_refused(reader: Ecli) -> None:
    digest = reader.json("verify", "opensnoop")["manifest"]
    assert reader.json("verify", f"opensnoop:0.1.0@{digest}")["manifest"] == digest
    other = digest[:-4] + ("0000" if digest[-4:] != "0000" else "1111")
    assert "0.1.0 is " + digest in reader.run("verify", f"opensnoop@{other}", expect=4).stderr
