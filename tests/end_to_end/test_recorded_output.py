"""`ecli test --record`: what a package's page shows of its output was really printed, and holds nothing else."""

from __future__ import annotations

import json
import platform
import shutil
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.schemas.example import MAX_OUTPUT_LINES

from ..hubs import ADMIN, OPENSNOOP, Ecli, RunningHub

SEEN = {"filter": "comm == 'cat' and fname == '/etc/passwd' and ret >= 0"}
TESTS: list[dict[str, Any]] = [
    {"name": "says", "trigger": "cat /etc/passwd", "expect": [{"said": "root:*"}]},
    {"name": "sees", "trigger": "cat /etc/passwd", "expect": [SEEN]},
    {"name": "fails", "trigger": "cat missing", "expect": [{"fields": {"comm": "cat", "fname": "missing", "ret": -2}}]},
    {"name": "never", "trigger": "true", "expect": [{"fields": {"comm": "no-such-command"}}], "timeout": 1},
]


@pytest.fixture(scope="module")
def ecli(tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    return Ecli(tmp_path_factory.mktemp("author") / "home")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "tried"
    shutil.copytree(OPENSNOOP, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"name": "tried", "tests": TESTS}))
    return folder


def recorded(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "example.json").read_text()))


def test_what_the_first_fitting_test_shows_is_recorded_and_nothing_else(ecli: Ecli, project: Path) -> None:
    done = ecli.run("test", project, "says", "sees", "--record")
    made = recorded(project)
    head, *rows = made["output"].split("\n")
    assert {"PID", "COMM", "FNAME"} <= set(head.split())
    assert rows
    assert len(rows) < MAX_OUTPUT_LINES
    assert all("/etc/passwd" in row and " cat " in row for row in rows)
    assert made["command"] == f'ecli run tried --filter "{SEEN["filter"]}"'
    assert (made["trigger"], made["kernel"]) == ("cat /etc/passwd", f"Linux {platform.release()}")
    assert made["output"].splitlines()[1] in done.stdout  # the author is shown what everybody will see


def test_expected_fields_become_a_filter(ecli: Ecli, project: Path) -> None:
    ecli.run("test", project, "fails", "--record")
    made = recorded(project)
    assert made["command"] == "ecli run tried --filter \"comm == 'cat' and fname == 'missing' and ret == -2\""
    assert all("missing" in row and "ENOENT" in row for row in made["output"].split("\n")[1:])


def test_a_failed_test_records_nothing(ecli: Ecli, project: Path) -> None:
    ecli.run("test", project, "sees", "never", "--record", expect=1)
    assert not (project / "example.json").exists()


def test_only_a_projects_tests_on_this_machine_are_recorded(ecli: Ecli, project: Path) -> None:
    ecli.run("build", project)
    package = project / "dist" / "tried-0.1.0.bpf"
    assert "records a project's test" in ecli.run("test", package, "--record", expect=2).stderr
    assert "records a project's test" in ecli.run("test", project, "--record", "--kernel", "6.1", expect=2).stderr
    told = ecli.run("test", project, "says", "--record", expect=None)
    assert "no test expects output" in told.stderr


def test_output_is_shown_as_that_of_the_released_code_until_the_code_changes(
    ecli: Ecli, project: Path, tmp_path: Path
) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    with hub.serving():
        ecli.run("test", project, "sees", "--record")
        assert "of other code" not in ecli.run("build", project).stdout
        ecli.login(hub, hub.token(ADMIN, role="admin"))
        ecli.publish(hub, project / "dist" / "tried-0.1.0.bpf")
        source = project / "opensnoop.bpf.c"
        source.write_text(
            source.read_text() + '\nSEC("tracepoint/syscalls/sys_exit_creat") int more(void *c) { return 0; }\n'
        )
        assert "example.json is of other code than this" in ecli.run("build", project).stdout
        ecli.publish(hub, project / "dist" / "tried-0.1.0.bpf", "--version", "0.2.0")
        told = {
            version: hub.ask(f"/api/v1/packages/library/tried?version={version}").json()["example"]
            for version in ("0.1.0", "0.2.0")
        }
        assert [told["0.1.0"]["same_code"], told["0.2.0"]["same_code"]] == [True, False]
        assert told["0.1.0"]["output"] == recorded(project)["output"]
        pages = {version: hub.ask(f"/packages/library/tried/{version}").text for version in told}
        assert "of exactly the code of this version" in pages["0.1.0"]
        assert "of other code than this version" in pages["0.2.0"]
        assert recorded(project)["output"].split("\n")[1] in pages["0.1.0"]
