"""A package with Wasm user space on its whole way: released, verified, run, with its exit code; and its bounds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import PackageContents
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.package_tests import Expected, PackageTest

from ..hubs import Ecli, RunningHub

PROGRAMS = Path(__file__).parent / "programs"
_ZIG = (sys.executable, "-m", "ziglang", "cc")
_BPF = (
    "-target",
    "bpfel-freestanding",
    "-mcpu=v2",
    "-g",
    "-O2",
    "-fno-unwind-tables",
    "-fno-asynchronous-unwind-tables",
)
_GUEST = ("-target", "wasm32-wasi", "-Os", "-s", "-Wl,--export-table")
EVENTS = Expected(line="event of 4 bytes", times=3)
TESTS = (
    PackageTest("counts", ("3", "7"), expect=(EVENTS, Expected(line="counts watches")), exit=7),
    PackageTest("ends-otherwise", ("3", "7"), expect=(EVENTS,), exit=0),
)


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """counts.c, compiled to Wasm with its BPF object inside."""
    folder = tmp_path_factory.mktemp("guest")
    subprocess.run([*_ZIG, *_BPF, "-c", PROGRAMS / "counts.bpf.c", "-o", folder / "counts.o"], check=True)
    held = ",".join(map(str, (folder / "counts.o").read_bytes()))
    (folder / "object.h").write_text(f"static const unsigned char object_bytes[] = {{{held}}};\n")
    target = folder / "counts.wasm"
    subprocess.run([*_ZIG, *_GUEST, f"-I{folder}", PROGRAMS / "counts.c", "-o", target], check=True)
    return target


@pytest.fixture(scope="module")
def packaged(module: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package file with nothing but the module."""
    return package_of(module.read_bytes(), tmp_path_factory.mktemp("packaged"))


def package_of(wasm: bytes, folder: Path, *, name: str = "counts") -> Path:
    """A package file with these bytes as its user space, and nothing else."""
    config = PackageConfig("library", name, "1.0.0", "Counts system calls", tests=TESTS).to_json()
    layers = (Descriptor.of(media.WASM, wasm),)
    manifest = Manifest.make(
        artifact_type=media.PACKAGE, config=Descriptor.of(media.PACKAGE_CONFIG, config), layers=layers
    )
    path = folder / f"{name}-1.0.0.bpf"
    contents = PackageContents.open(manifest, {Digest.of(config): config, Digest.of(wasm): wasm})
    path.write_bytes(PackageFile(contents).write())
    return path


@pytest.fixture(scope="module")
def reader_of_it(hub: RunningHub, publisher: Ecli, packaged: Path, tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    """A user who has pulled the package from the hub that released it."""
    publisher.publish(hub, packaged)
    ecli = Ecli(tmp_path_factory.mktemp("wasm-reader") / "home")
    ecli.trust(hub)
    ecli.run("pull", "counts")
    return ecli


def test_a_released_guest_runs_with_its_arguments_and_exit_code(reader_of_it: Ecli) -> None:
    done = reader_of_it.run("run", "--verify", "counts", "3", "7", expect=7)
    assert done.stdout.splitlines() == ["counts watches", *["event of 4 bytes"] * 3]
    assert "ok  signature" in done.stderr and "ok  permissions" in done.stderr


def test_its_tests_hear_what_it_prints_and_how_it_ends(reader_of_it: Ecli) -> None:
    reader_of_it.run("test", "counts", "counts")
    told = reader_of_it.run("test", "counts", expect=1).stdout
    assert "the program ended with exit code 7" in told
    assert told.splitlines()[-1].endswith("2 tests, 1 ok, 1 failed")


def test_its_permissions_are_those_of_the_objects_inside(reader_of_it: Ecli) -> None:
    shown = json.loads(reader_of_it.run("inspect", "counts", "--json").stdout)
    assert [item["section"] for item in shown["programs"]] == ["raw_tp/sys_enter"]
    words = {(item["category"], item["group"]) for item in shown["permissions"]["permissions"]}
    assert words == {("observes", "processes")}


def test_what_is_denied_does_not_run(reader_of_it: Ecli) -> None:
    done = reader_of_it.run("run", "--deny", "observes", "counts", "1", "0", expect=EXIT_CODES["denied"])
    assert "observes:processes (raw_tp/sys_enter)" in done.stderr and not done.stdout


def test_the_hub_shows_it(hub: RunningHub, reader_of_it: Ecli) -> None:
    page = hub.ask("/packages/library/counts").text
    assert "raw_tp/sys_enter" in page


def test_a_local_module_runs_with_a_notice(module: Path, tmp_path: Path) -> None:
    done = Ecli(tmp_path / "home").run("run", module, "1", "5", expect=5)
    assert "you vouch for it" in done.stderr


def test_a_module_from_a_pipe_needs_a_word(module: Path, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    for words, code in (((), EXIT_CODES["denied"]), (("--unsigned",), 4)):
        done = subprocess.run(
            ["setsid", "--wait", Path(sys.executable).with_name("ecli"), "run", *words, "-", "1", "4"],
            input=module.read_bytes(), env={"ECLI_HOME": str(ecli.home), "PATH": "/usr/bin:/bin"},
            capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr.decode()


def test_a_timeout_ends_it(module: Path, tmp_path: Path) -> None:
    done = Ecli(tmp_path / "home").run("run", "--timeout", "500ms", module, "1000000000", "5")
    assert done.stdout.startswith("counts")


def test_what_is_no_module_is_not_released(hub: RunningHub, publisher: Ecli, tmp_path: Path) -> None:
    package = package_of(b"#!/bin/sh\n", tmp_path, name="script")
    told = publisher.run("publish", package, "--to", hub.url, expect=EXIT_CODES["bad-input"]).stderr
    assert "the Wasm user space: is not a WebAssembly module of version 1" in told
