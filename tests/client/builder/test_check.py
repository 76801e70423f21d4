"""`ecli build --check`: what the kernel takes is written, what it refuses is explained, to people and as JSON."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ebpfhub
import pytest
from ebpfhub.client.builder.check import check_object
from ebpfhub.schemas.errors import Unsupported

Write = Callable[..., Path]
ECLI = Path(sys.executable).parent / "ecli"
COUNTS = """
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");
"""
CARELESS = (
    COUNTS
    + """
SEC("raw_tp/sys_exit")
int leave(void *context)
{
	u32 key = 1;
	u64 *count = bpf_map_lookup_elem(&counts, &key);

	*count += 1;
	return 0;
}
"""
)
SPARE = """
SEC("?fentry/no_such_function")
int spare(void *context) { return 0; }
"""


def ecli(*words: object, home: Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [ECLI, *map(str, words)], capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"ECLI_HOME": str(home)}, **options,
    )  # fmt: skip


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose cache holds this kernel's types after the first build."""
    return tmp_path_factory.mktemp("home")


def test_accepted_programs_are_told_and_the_package_is_written(project: Write, home: Path) -> None:
    folder = project(SPARE)
    done = ecli("build", "--check", folder, home=home)
    assert done.returncode == 0, done.stderr
    assert "  accepted  enter (raw_tp/sys_enter), 2 instructions verified" in done.stdout
    assert "  not tried spare (fentry/no_such_function): it is not loaded by itself" in done.stdout
    assert [path.name for path in (folder / "dist").iterdir()] == ["demo-0.1.0.bpf"]


def test_a_rejected_program_is_explained_and_nothing_is_written(project: Write, home: Path) -> None:
    folder = project(CARELESS)
    done = ecli("build", "--check", folder, home=home)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "refuses 1 of 2 programs" in done.stderr
    assert "  demo.bpf.c:18:9\n        *count += 1;\n               ^\n" in done.stderr
    assert "R0 invalid mem access 'map_value_or_null'" in done.stderr
    assert "if (!count)" in done.stderr
    assert "accepted  enter (raw_tp/sys_enter)" in done.stderr
    assert not (folder / "dist").exists()


def test_json_has_the_same_facts(project: Write, home: Path) -> None:
    done = ecli("build", "--check", "--json", project(CARELESS), home=home)
    assert done.returncode == 2
    check = json.loads(done.stdout)["check"]
    refused = next(item for item in check["programs"] if item["name"] == "leave")
    assert check["accepted"] is False
    assert (refused["result"], refused["fault"]) == ("refused", "program")
    assert refused["source"] == {"file": "demo.bpf.c", "line": 18, "column": 9, "text": "\t*count += 1;"}
    assert refused["instruction"]["code"].startswith("r1 = *(u64 *)(r0 +0)")
    assert refused["registers"] == {"R0": "map_value_or_null(id=1,map=counts,ks=4,vs=8)"}
    assert refused["cause"]["name"] == "null-not-checked"
    assert refused["message"] in refused["log"]


def test_json_of_a_build_tells_what_was_built(project: Write, home: Path) -> None:
    folder = project("")
    told = json.loads(ecli("build", "--check", "--json", folder, home=home).stdout)
    assert (told["package"], told["version"]) == ("library/demo", "0.1.0")
    assert [(Path(file["path"]).stat().st_size, file["format"]) for file in told["files"]] == [
        (told["files"][0]["size"], "bpf")
    ]
    assert told["check"]["programs"] == [
        {"name": "enter", "section": "raw_tp/sys_enter", "result": "accepted", "instructions": 2}
    ]
    assert "check" not in json.loads(ecli("build", "--json", folder, home=home).stdout)


def test_what_the_kernel_lacks_is_not_the_programs_fault(project: Write, home: Path) -> None:
    folder = project('\nSEC("tp_btf/no_such_tracepoint")\nint lost(void *context) { return 0; }\n')
    done = ecli("build", "--check", folder, home=home)
    assert done.returncode == 6
    assert "This kernel has no such function or tracepoint" in done.stderr


def test_without_the_capabilities_it_says_so_before_it_builds(home: Path) -> None:
    code = (
        "import os\nimport ebpfhub.client.builder.check, ebpfhub.client.builder.inputs, ebpfhub.client.builder.output\n"
        "from ebpfhub.client.commands.root import cli\n"
        "os.setresuid(65534, 65534, 65534)\ncli(['build', '--check'], prog_name='ecli')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd="/",
        env=os.environ | {"ECLI_HOME": str(home)},
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert "loading a BPF program needs root or CAP_BPF and CAP_PERFMON" in done.stderr
    assert "sudo" in done.stderr


def test_a_kind_that_this_kernel_does_not_permit_is_said_in_plain_words(project: Write, cache: Path) -> None:
    """This project's machines refuse fentry with EPERM and an empty log; other kernels take it."""
    from ebpfhub.client.builder.build import build_project

    built = build_project(
        project('\nSEC("fentry/do_sys_openat2")\nint hook(void *context) { return 0; }\n'), cache=cache
    )
    check = check_object(built.object, "demo", package="demo")
    if not check.accepted:
        with pytest.raises(Unsupported, match=r"does not permit it \(EPERM\)"):
            check.require()
        assert check.refused["hook"].place


@pytest.mark.parametrize("manual", ["manual.md", "manual.zh.md"])
def test_the_manuals_example_is_what_is_printed(manual: str, tmp_path: Path, home: Path) -> None:
    text = (Path(ebpfhub.__path__[0]) / "docs" / manual).read_text()
    shown = re.search(
        r"```c\n(?P<source>[^`]*)```\n[^`]*```text\n\$ sudo ecli build --check calls\n(?P<told>[^`]*)```", text
    )
    assert shown
    folder = tmp_path / "calls"
    folder.mkdir()
    (folder / "calls.bpf.c").write_text(shown["source"])
    told = ecli("build", "--check", "calls", home=home, cwd=tmp_path).stderr
    assert re.sub(r"kernel \S+", "kernel 6.18.44", told) == shown["told"]
