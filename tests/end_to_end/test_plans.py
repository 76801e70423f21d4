"""A plan makes the same words start at once the next time, and stops being believed as soon as anything has changed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.client.quick_code import MODULES
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import BIN, Ecli
from .machine import Opener, refused

WORDS = ("run", "--max-events", "1", "opensnoop")
SLOW = "ebpfhub.client.launch"


@pytest.fixture
def home(installed: Ecli, tmp_path: Path) -> Ecli:
    """A copy of a home with opensnoop installed, to be changed."""
    home = Path(shutil.copytree(installed.home, tmp_path / "home"))
    shutil.rmtree(home / "plans", ignore_errors=True)
    return Ecli(home)


def imported(ecli: Ecli, *words: object) -> set[str]:
    """Run `ecli`, and name the modules that it imported."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", BIN / "ecli", *map(str, words)],
        env=os.environ | {"ECLI_HOME": str(ecli.home)}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_the_same_words_take_the_quick_way_the_second_time(home: Ecli, opener: Opener) -> None:
    words = ("run", "--max-events", "1", "opensnoop", "--pid", str(opener.pid))
    assert SLOW in imported(home, *words)
    assert SLOW not in imported(home, *words)
    assert SLOW in imported(home, "run", "--max-events", "2", "opensnoop", "--pid", str(opener.pid))
    shown = json.loads(home.run("run", "--json", *words[1:]).stdout)
    again = json.loads(home.run("run", "--json", *words[1:]).stdout)
    assert shown["pid"] == again["pid"] == opener.pid


def test_the_quick_way_imports_next_to_nothing(home: Ecli) -> None:
    """Each of these costs about as much as loading the program."""
    imported(home, *WORDS)
    quick = imported(home, *WORDS)
    heavy = {"typing", "re", "enum", "dataclasses", "inspect", "contextlib", "pathlib", "json", "hashlib"}
    at_start = {  # by the interpreter and an editable installation, before ecli has a say
        line.rpartition("|")[2].strip()
        for line in subprocess.run(
            [sys.executable, "-X", "importtime", "-c", ""], capture_output=True, text=True, check=True
        ).stderr.splitlines()
    }
    assert not quick & (heavy - at_start)


def test_the_code_of_the_quick_way_lies_in_one_file(home: Ecli) -> None:
    """What a planned run imports is what the file holds: one module less would be looked for, one more read in vain."""
    home.run(*WORDS)
    code = (
        "import sys; from ebpfhub.client import cli, quick_code\n"
        f"before = set(sys.modules); sys.argv = ['ecli', *{WORDS!r}]\n"
        "try: cli.main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "assert quick_code.is_served()\n"
        "print(*sorted(name for name in set(sys.modules) - before if name.startswith('ebpfhub.')), file=sys.stderr)"
    )
    env = os.environ | {"ECLI_HOME": str(home.home)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.split() == sorted(f"ebpfhub.{name}" for name in MODULES)


def test_a_changed_home_of_the_code_changes_nothing_that_is_seen(home: Ecli) -> None:
    home.run(*WORDS)
    path = home.home / "cache" / "quick-code"
    whole = path.read_bytes()
    for data in (b"", whole[:1000], whole[:-1], whole[:4] + b"\xff" * 100):
        path.write_bytes(data)
        assert SLOW not in imported(home, *WORDS)
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert SLOW not in imported(home, *WORDS)


def test_the_report_is_the_same_either_way(home: Ecli) -> None:
    first = home.run("run", "--verify", *WORDS[1:]).stderr
    assert home.run("run", "--verify", *WORDS[1:]).stderr == first
    assert "ok  signature" in first


@pytest.mark.parametrize("name", ["ecli.toml", "origins/hub.test.json", "default-origin"])
def test_a_changed_file_ends_a_plan(home: Ecli, name: str) -> None:
    home.run(*WORDS)
    assert SLOW not in imported(home, *WORDS)
    path = home.home / name
    path.write_bytes(path.read_bytes() if path.exists() else b"")
    assert SLOW in imported(home, *WORDS)


def test_another_object_ends_a_plan_and_is_refused(home: Ecli) -> None:

    home.run(*WORDS)
    (path,) = (home.home / "packages").rglob("program.o")
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    refused(home, "run", "opensnoop", kind="not-trusted", says="not the one that was verified")


def test_a_policy_that_denies_is_heard_at_once(home: Ecli) -> None:
    home.run(*WORDS)
    (home.home / "ecli.toml").write_text('[policy]\ndeny = ["reads-memory"]\n')
    done = home.run("run", "--timeout", "3s", "opensnoop", expect=EXIT_CODES["denied"])
    assert "policy of this machine denies what it may do: reads-memory:kernel" in done.stderr


def test_a_plan_that_others_can_write_is_not_believed(home: Ecli) -> None:
    home.run(*WORDS)
    for path in (home.home / "plans").iterdir():
        path.chmod(0o666)
    assert SLOW in imported(home, *WORDS)


def test_a_damaged_plan_is_not_believed(home: Ecli) -> None:
    home.run(*WORDS)
    (path,) = (home.home / "plans").iterdir()
    whole = path.read_bytes()
    for data in (b"", whole[:100], b"\xff" * 200, whole[:-1]):
        path.write_bytes(data)
        home.run(*WORDS)


def test_plans_do_not_pile_up(home: Ecli) -> None:
    for number in range(70):
        (home.home / "plans").mkdir(exist_ok=True)
        (home.home / "plans" / f"old{number}").touch()
    home.run(*WORDS)
    assert len(list((home.home / "plans").iterdir())) <= 64
