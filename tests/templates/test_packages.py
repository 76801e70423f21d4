"""Templates whose user space is ecli or a Wasm guest: made, built, run for a true event, and tested by themselves.

The names are those that a template might trip over: keywords, numbers, names of targets and of standard modules.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas.wasm import bpf_objects_in

from ..hubs import Ecli
from .conftest import Make, Seen

Start = Callable[[str, str, Path], Path]
PROJECTS = [
    ("eunomia", "test"),
    ("openeuler", "a.b__c--d"),
    ("wasm-c", "1.0"),
    ("wasm-go", "aux"),
    ("wasm-rust", "core"),
]


@pytest.mark.parametrize(("template", "name"), PROJECTS)
def test_template_builds_runs_and_tests_itself(
    template: str, name: str, start: Start, make: Make, seen: Seen, tmp_path: Path
) -> None:
    folder = start(name, template, tmp_path)
    assert f"built library/{name}:0.1.0" in make(folder, "build").stdout
    assert make(folder, "--question", "build").stdout == ""  # nothing to do the second time
    assert make(folder, "test").stdout.endswith(": 1 test, 1 ok\n")
    assert {(parent, file) for _, parent, file in seen(folder)} == {(os.getpid(), "/bin/true")}
    contents = PackageFile.read((folder / "dist" / f"{name}.bpf").read_bytes(), where=name).contents
    if template.startswith("wasm"):
        module = contents.wasm()
        assert module is not None and bpf_objects_in(module) == contents.objects()
    make(folder, "clean")
    assert not (folder / "dist").exists()
    assert {path.name for path in folder.iterdir()} == made_by(template, name, tmp_path / "again", start)


def made_by(template: str, name: str, parent: Path, start: Start) -> set[str]:
    """Names of what `ecli init` alone leaves in a folder."""
    return {path.name for path in start(name, template, parent).iterdir()}


def test_module_alone_runs_in_any_host(start: Start, make: Make, environment: dict[str, str], tmp_path: Path) -> None:
    folder = start("guest", "wasm-c", tmp_path)
    make(folder, "build")
    ecli = Ecli(Path(environment["ECLI_HOME"]))
    done = ecli.run("run", "--timeout", "1s", folder / "dist" / "app.wasm")
    assert done.stdout.split()[:4] == ["PID", "PPID", "COMM", "FNAME"]
    shown = json.loads(ecli.run("inspect", "--json", folder / "dist" / "guest.bpf").stdout)
    assert [item["section"] for item in shown["programs"]] == ["raw_tp/sched_process_exec"]
    assert ecli.run("run", folder / "dist" / "guest.bpf", "--nonsense", expect=2).stderr.endswith("[--ppid PID]\n")
