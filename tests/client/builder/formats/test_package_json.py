"""package.json as eunomia-bpf's ecli reads it: written by the build, it runs like the package."""

from __future__ import annotations

import json
import os
from collections.abc import Callable

from ebpfhub.schemas.eunomia import EunomiaPackage

from .conftest import GETPPID, PROGRAMS, Forms


def test_it_runs_like_the_package(forms: Callable[[str], Forms]) -> None:
    told = forms("told")
    lines = told.lines("package.json", f"--process={os.getpid()}", f"--number={GETPPID}", options=("--json",))
    event = json.loads(lines[0])
    assert (event["below"], event["doing"], event["numbers"]) == (-7, "WORKING", [0, 3, 0])


def test_it_says_what_the_source_s_comments_say(forms: Callable[[str], Forms]) -> None:
    raw = (forms("told") / "package.json").read_bytes()
    package = EunomiaPackage.parse(raw)
    assert (package.config.name, package.config.version) == ("told", "1.2.3")
    assert package.config.description == "Tells of system calls"
    options = {item.name: item for item in package.config.usage.options}
    assert (options["process"].short, options["process"].help) == ("p", "Only this process")
    (variables,) = json.loads(raw)["meta"]["bpf_skel"]["data_sections"]
    assert variables["name"] == ".rodata"
    assert [item["name"] for item in json.loads(raw)["meta"]["export_types"]] == ["told"]


def test_what_its_reader_cannot_take_is_said(forms: Callable[[str], Forms]) -> None:
    told = forms("told")
    done = told.ecli.run("build", PROGRAMS / "told.bpf.c", "--format", "package.json", "-o", told / "x")
    assert "note: option --share is none of package.json" in done.stdout
