"""`ecli test`: a package's own tests tell what they saw, whatever their commands do, and nothing of them stays behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..guest_kernels import kernel_cache
from ..hubs import BIN, COMMAND_SECONDS, OPENSNOOP, Ecli, RunningHub
from .machine import refused
from .test_consent import at_terminal

LONG = f"98765.{os.getpid()}"  # seconds for which what must not stay behind sleeps: no other process does
SEEN = {"filter": "comm == 'cat' and fname == '/etc/passwd' and ret >= 0"}
NEVER = {"fields": {"comm": "cat", "fname": "/no/such/file", "ret": 3}}
CAT = "cat /etc/passwd"
TESTS: list[dict[str, Any]] = [
    {"name": "passes", "trigger": CAT, "expect": [SEEN, {"said": "root:*"}]},
    {"name": "differs", "trigger": CAT, "expect": [NEVER], "timeout": 1},
    {"name": "rare", "trigger": CAT, "expect": [SEEN | {"times": 1000}], "timeout": 1},
    {"name": "spoiled", "trigger": CAT, "expect": [{"line": "never"}, {"filter": "comm == 'cat'", "times": 0}]},
    {"name": "hangs", "trigger": f"{CAT}; sleep {LONG}", "expect": [NEVER], "timeout": 1},
    {"name": "sees-while-it-hangs", "trigger": f"{CAT}; sleep {LONG}", "expect": [SEEN]},
    {"name": "prints-without-end", "trigger": "cat /etc/passwd >/dev/null; yes", "expect": [SEEN, NEVER], "timeout": 1},
    {"name": "kills-its-group", "trigger": f"{CAT}; kill -9 0", "expect": [SEEN | {"times": 2}]},
    {"name": "kills-its-parents-group", "trigger": f"{CAT}; kill -9 -- -$PPID $PPID", "expect": [SEEN | {"times": 2}]},
    {"name": "leaves-a-daemon", "trigger": f"setsid sleep {LONG} & {CAT}", "expect": [SEEN]},
    {"name": "lacks-a-command", "trigger": CAT, "expect": [SEEN], "needs": ["command:no-such-command"]},
    {"name": "lacks-a-kernel", "trigger": CAT, "expect": [SEEN], "needs": ["kernel:99.0"], "optional": True},
    {"name": "needs-a-kernel", "trigger": CAT, "expect": [SEEN], "needs": ["kernel:99.0"]},
    {"name": "waits", "trigger": f'echo >"$MARK"; setsid sleep {LONG} & sleep {LONG}', "expect": [NEVER]},
    {"name": "ends", "options": ["--max-events", "3"], "trigger": CAT, "expect": [{"filter": "pid"}], "exit": 0},
    {"name": "does-not-end", "trigger": CAT, "expect": [SEEN], "exit": 0, "timeout": 1},
]  # fmt: skip


@pytest.fixture(scope="module")
def ecli(tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    """A user who builds, with the kernels that tests keep."""
    made = Ecli(tmp_path_factory.mktemp("author") / "home")
    (made.home / "cache").mkdir(parents=True)
    kernel_cache().mkdir(parents=True, exist_ok=True)
    (made.home / "cache" / "kernel-images").symlink_to(kernel_cache())
    return made


@pytest.fixture(scope="module")
def project(ecli: Ecli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with tests that do all that tests may do."""
    folder = tmp_path_factory.mktemp("project") / "tried"
    shutil.copytree(OPENSNOOP, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"name": "tried", "tests": TESTS}))
    return folder


@pytest.fixture(scope="module")
def tried(ecli: Ecli, project: Path) -> Path:
    """The same, built."""
    ecli.run("build", project)
    return project / "dist" / "tried-0.1.0.bpf"


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """No test of this file leaves a process that sleeps for LONG."""
    yield
    assert sleepers() == []


def sleepers() -> list[int]:
    """Processes that sleep for LONG, and shells that wait for them."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            line = (entry / "cmdline").read_bytes()
            if LONG.encode() in line and line.startswith((b"sleep\0", b"setsid\0", b"sh\0")):
                found.append(int(entry.name))
    return found


def one(ecli: Ecli, package: Path, name: str, *, code: int) -> dict[str, Any]:
    """Run one test by the command, which must end with a code; returns its outcome."""
    done = ecli.run("test", "--yes", "--json", package, name, expect=code)
    (outcome,) = json.loads(done.stdout)["runs"][0]["tests"]
    assert outcome["name"] == name
    return dict(outcome)


@pytest.mark.parametrize(
    "name",
    ["passes", "sees-while-it-hangs", "kills-its-group", "kills-its-parents-group", "leaves-a-daemon", "ends"],
)
def test_what_is_seen_is_ok(ecli: Ecli, tried: Path, name: str) -> None:
    outcome = one(ecli, tried, name, code=0)
    assert (outcome["state"], outcome["why"], outcome["unmet"]) == ("ok", "", [])


def test_a_project_is_built_and_tried_without_a_question(ecli: Ecli, project: Path) -> None:
    done = ecli.run("test", project, "passes")
    line, summary = done.stdout.splitlines()
    assert line.split()[:2] == ["ok", "passes"]
    assert summary == f"library/tried:0.1.0 on Linux {os.uname().release}: 1 test, 1 ok"


def test_a_failure_tells_what_came_instead_and_what_differs(ecli: Ecli, tried: Path) -> None:
    done = ecli.run("test", "--yes", tried, "differs", "passes", expect=1)
    told = done.stdout.splitlines()
    assert [line.split()[:2] for line in told[:2]] == [["ok", "passes"], ["FAILED", "differs"]]
    assert told[2:4] == [
        "    not everything came within 1 second",
        '    expected comm == "cat" and fname == "/no/such/file" and ret == 3',
    ]
    assert any(line.startswith("      nearest  {") for line in told)
    assert any('differs  fname == "/no/such/file", but fname is "/etc/' in line for line in told)
    assert "    the trigger printed:" in told
    assert told[-1].endswith("2 tests, 1 ok, 1 failed")


def test_too_few_are_counted(ecli: Ecli, tried: Path) -> None:
    outcome = one(ecli, tried, "rare", code=1)
    (unmet,) = outcome["unmet"]
    assert 0 < unmet["came"] < 1000
    assert unmet["expected"].startswith("1000 times: comm == 'cat'")


def test_what_must_not_come_ends_a_test_at_once(ecli: Ecli, tried: Path) -> None:
    outcome = one(ecli, tried, "spoiled", code=1)
    assert outcome["why"] == "something came that must not"
    assert outcome["unmet"][1]["expected"] == "none: comm == 'cat'"
    assert json.loads(outcome["unmet"][1]["nearest"])["comm"] == "cat"


def test_a_trigger_that_hangs_is_ended(ecli: Ecli, tried: Path) -> None:
    outcome = one(ecli, tried, "hangs", code=1)
    assert "the trigger had not ended" in outcome["why"]


def test_a_trigger_that_prints_without_end_is_heard_in_part(ecli: Ecli, tried: Path) -> None:
    outcome = one(ecli, tried, "prints-without-end", code=1)
    assert [item["expected"] for item in outcome["unmet"]] == [
        'comm == "cat" and fname == "/no/such/file" and ret == 3'
    ]
    assert set(outcome["trigger_output"].split()) == {"y"}
    assert len(outcome["trigger_output"]) <= 8192


def test_what_is_lacking_is_a_failure_unless_the_package_expects_it(ecli: Ecli, tried: Path) -> None:
    assert "the command no-such-command is not on this machine" in one(ecli, tried, "lacks-a-command", code=1)["why"]
    assert one(ecli, tried, "needs-a-kernel", code=1)["state"] == "failed"
    outcome = one(ecli, tried, "lacks-a-kernel", code=0)
    assert (outcome["state"], outcome["why"]) == ("lacking", "this kernel is older than 99.0")


def test_a_program_that_does_not_end_by_itself_is_told(ecli: Ecli, tried: Path) -> None:
    assert "did not end by itself" in one(ecli, tried, "does-not-end", code=1)["why"]


def test_junit_has_each_test(ecli: Ecli, tried: Path, tmp_path: Path) -> None:
    path = tmp_path / "results.xml"
    ecli.run("test", "--yes", "--junit", path, tried, "passes", "differs", "lacks-a-kernel", expect=1)
    (suite,) = ElementTree.fromstring(path.read_text())
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert {case.get("name"): [child.tag for child in case] for case in suite} == {
        "passes": [], "differs": ["failure"], "lacks-a-kernel": ["skipped"],
    }  # fmt: skip


def test_names_and_packages_without_tests_are_told(ecli: Ecli, tried: Path, package: Path) -> None:
    assert "There are: passes, differs" in ecli.run("test", "--yes", tried, "nosuch", expect=3).stderr
    bare = package.parents[1]
    config = json.loads((bare / "config.json").read_text())
    config.pop("tests", None)
    plain = tried.parents[1] / "plain"
    plain.mkdir()
    for path in bare.iterdir():
        if path.is_file():
            (plain / path.name).write_bytes(path.read_bytes())
    (plain / "config.json").write_text(json.dumps(config))
    assert "the package has no tests" in ecli.run("test", plain, expect=3).stderr


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"expect": [{"filter": "nosuch == 1"}]}, "config.json: test x: --filter: there is no field 'nosuch'"),
        ({"expect": [{"fields": {"com": "cat"}}]}, "Did you mean comm?"),
        ({"options": ["--nosuch"]}, "--nosuch is not an option of this program"),
        ({"allow": ["everything"]}, "is no permission"),
        ({"needs": ["luck"]}, "'luck' is nothing that can be looked for"),
        ({"trigered": "true"}, "has the unknown field 'trigered'"),
        ({"expect": []}, "expects nothing"),
        ({"name": "two words"}, "must be words of a-z"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_test_that_cannot_be_is_refused_when_it_is_built(
    ecli: Ecli, project: Path, tmp_path: Path, change: dict[str, Any], says: str
) -> None:
    for path in project.iterdir():
        if path.is_file():
            (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((tmp_path / "config.json").read_text())
    test = {"name": "x", "trigger": CAT, "expect": [SEEN]} | change
    (tmp_path / "config.json").write_text(json.dumps(config | {"tests": [test]}))
    assert says in ecli.run("build", tmp_path, expect=2).stderr


def test_commands_of_an_unsigned_package_are_refused_where_nobody_can_answer(ecli: Ecli, tried: Path) -> None:
    alone = ("setsid", "--wait")
    told = refused(ecli, "test", tried, "hangs", "passes", kind="denied", says="nobody agreed", prefix=alone)
    assert "library/tried:0.1.0 (not signed) has tests that run these commands as root:" in told
    assert f"  hangs\n      {CAT}; sleep {LONG}\n" in told
    assert "ecli test --yes" in told


@pytest.mark.parametrize(("answer", "code"), [("n", EXIT_CODES["denied"]), ("y", 0)])
def test_commands_are_shown_at_the_terminal_and_run_after_a_yes(
    ecli: Ecli, tried: Path, answer: str, code: int
) -> None:
    ended, seen = at_terminal(ecli.home, answer, "test", tried, "passes")
    assert f"      {CAT}\r\nRun them? [y/N]" in seen
    assert ended == code
    assert ("1 test, 1 ok" in seen) == (answer == "y")


def test_a_signed_package_is_verified_and_asked_for_all_the_same(
    hub: RunningHub, publisher: Ecli, ecli: Ecli, tried: Path, tmp_path: Path
) -> None:
    publisher.publish(hub, tried)
    reader = Ecli(tmp_path / "reader")
    reader.trust(hub)
    env = os.environ | {"ECLI_HOME": str(reader.home)}
    words: list[str | Path] = ["setsid", "--wait", BIN / "ecli", "test", "tried", "passes"]
    done = subprocess.run(words, check=False, capture_output=True, text=True, env=env, timeout=COMMAND_SECONDS)
    assert done.returncode == EXIT_CODES["denied"]
    assert "library/tried:0.1.0 (signed by admin@example.org" in done.stderr
    assert "1 test, 1 ok" in reader.run("test", "--yes", "tried", "passes").stdout


def test_a_run_never_runs_a_trigger(ecli: Ecli, tried: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    Ecli(ecli.home, {"MARK": str(mark)}).run("run", "--timeout", "1s", tried)
    assert not mark.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_test_leaves_nothing(ecli: Ecli, tried: Path, tmp_path: Path, number: signal.Signals) -> None:
    with waiting(ecli, tried, tmp_path / "mark") as process:
        below = children(process.pid)
        assert below
        process.send_signal(number)
        process.send_signal(number)
        _, told = process.communicate(timeout=COMMAND_SECONDS)
    assert process.returncode == 130
    assert told.decode() == "ecli: interrupted; nothing is attached or running any more\n"
    assert [pid for pid in below if Path(f"/proc/{pid}").exists()] == []


def test_a_killed_test_leaves_nothing_attached(ecli: Ecli, tried: Path, tmp_path: Path) -> None:
    with waiting(ecli, tried, tmp_path / "mark") as process:
        programs = [pid for pid in children(process.pid) if holds_programs(pid)]
        assert programs
        process.kill()
    end = time.monotonic() + COMMAND_SECONDS
    while any(holds_programs(pid) for pid in programs):
        assert time.monotonic() < end
        time.sleep(0.02)
    while left := sleepers():  # the trigger's own processes outlive a tester that was killed
        assert time.monotonic() < end
        for pid in left:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.02)


def test_a_package_is_tried_on_another_kernel(ecli: Ecli, tried: Path) -> None:
    names = ("passes", "differs", "leaves-a-daemon", "lacks-a-kernel")
    done = ecli.run("test", "--yes", "--json", "--kernel", "6.1", tried, *names, expect=1)
    (run,) = json.loads(done.stdout)["runs"]
    assert run["kernel"].startswith("6.1.")
    assert run["emulated"] is True
    assert {test["name"]: test["state"] for test in run["tests"]} == {
        "passes": "ok", "differs": "failed", "leaves-a-daemon": "ok", "lacks-a-kernel": "lacking",
    }  # fmt: skip


def test_what_booting_lacks_is_told_with_the_command_that_brings_it(ecli: Ecli, tried: Path, tmp_path: Path) -> None:
    poor = Ecli(ecli.home, {"PATH": str(tmp_path)})
    (tmp_path / "apt-get").symlink_to("/bin/true")
    told = poor.run("test", "--yes", "--kernel-image", "/boot/vmlinuz", tried, expect=EXIT_CODES["unsupported"]).stderr
    assert "booting another kernel takes qemu-system-x86_64 and busybox" in told
    assert "sudo apt-get install --no-install-recommends qemu-system-x86 busybox-static" in told
    (tmp_path / "apt-get").unlink()
    told = poor.run("test", "--yes", "--kernel", "6.1", tried, expect=EXIT_CODES["unsupported"]).stderr
    assert "--kernel-image /boot/vmlinuz" in told


def test_what_is_no_kernel_is_told(ecli: Ecli, tried: Path) -> None:
    assert "is no series of kernels" in ecli.run("test", "--yes", "--kernel", "new", tried, expect=2).stderr
    assert "is no kernel image" in ecli.run("test", "--yes", "--kernel-image", tried, tried, expect=2).stderr
    assert "cannot be read" in ecli.run("test", "--yes", "--kernel-image", "/no/such", tried, expect=3).stderr


def waiting(ecli: Ecli, package: Path, mark: Path) -> subprocess.Popen[bytes]:
    """`ecli test` whose trigger runs and does not end."""
    env = os.environ | {"ECLI_HOME": str(ecli.home), "MARK": str(mark)}
    words: list[str | Path] = [BIN / "ecli", "test", "--yes", package, "waits"]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env)
    end = time.monotonic() + COMMAND_SECONDS
    while not mark.exists():
        assert process.poll() is None and time.monotonic() < end
        time.sleep(0.02)
    return process


def children(pid: int) -> list[int]:
    """The children of a process."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def holds_programs(pid: int) -> bool:
    """Tell whether a process holds BPF programs or what attaches them."""
    for entry in Path(f"/proc/{pid}/fd").glob("*"):
        with suppress(OSError):
            if str(entry.readlink()).endswith(("bpf-prog", "bpf_link", "[perf_event]")):
                return True
    return False
