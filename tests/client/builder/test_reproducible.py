"""The same source and toolchain give the same file, whoever builds it, wherever, whenever, and however it got there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.attest.attached import attach
from ebpfhub.client.builder.build import build_project
from ebpfhub.schemas.errors import BadInput

from .conftest import OPENSNOOP

Write = Callable[..., Path]
SCRIPT = """
import hashlib, sys
from pathlib import Path
from ebpfhub.client.builder.output import build_package_file
from ebpfhub.client.home import Home
folder, out = Path(sys.argv[1]), Path(sys.argv[2])
build_package_file(folder, Home.find(), reference="", output=out, progress=lambda line: None)
print(hashlib.sha256(out.read_bytes()).hexdigest())
"""


def sources(folder: Path, *, backwards: bool = False) -> Path:
    """A package's files, written in either order, so that folders list them in another one."""
    folder.mkdir(parents=True)
    for path in sorted(OPENSNOOP.iterdir(), reverse=backwards):
        shutil.copyfile(path, folder / path.name)
    return folder


def built(folder: Path, home: Path, *, umask: int = 0o022, before: tuple[str, ...] = (), **environment: str) -> str:
    """Build in a process of its own, which `before` may start, and give the file's digest."""
    home.mkdir(parents=True)
    words = [*before, sys.executable, "-P", "-c", SCRIPT, str(folder), str(home / "out.bpf")]
    variables = {"PATH": "/usr/bin:/bin", "HOME": str(home), "ECLI_HOME": str(home / "ecli"), **environment}
    done = subprocess.run(words, cwd=home, env=variables, umask=umask, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_file_depends_on_nothing_but_sources_and_toolchain(tmp_path: Path) -> None:
    first, second = sources(tmp_path / "a" / "demo"), sources(tmp_path / "b b/ü/other name", backwards=True)
    os.utime(second / "opensnoop.bpf.c", (0, 0))
    (second / "opensnoop.h").chmod(0o600 | 0o044)
    link = tmp_path / "link"
    link.symlink_to(second)
    expected = built(first, tmp_path / "home1", TZ="UTC", LANG="C")
    assert built(second, tmp_path / "home 2", TZ="Asia/Tokyo", LANG="de_DE.UTF-8", umask=0o077) == expected
    assert built(link, tmp_path / "h3", SOURCE_DATE_EPOCH="1234567890", CPATH="/usr/include/linux") == expected
    assert built(first, tmp_path / "h4", CFLAGS="-O0", LC_ALL="C.UTF-8", USER="somebody", HOSTNAME="x") == expected


def test_another_user_builds_the_same_file(tmp_path: Path) -> None:
    folder = sources(tmp_path / "demo")
    expected = built(folder, tmp_path / "home1")
    assert built(folder, tmp_path / "home2", before=("unshare", "--user", "--map-user=12345")) == expected


def test_macros_of_date_and_time_are_refused(project: Write, cache: Path) -> None:
    for macro in ("__DATE__", "__TIME__", "__TIMESTAMP__"):
        with pytest.raises(BadInput, match="not reproducible"):
            build_project(project(f"const char when[] = {macro};"), cache=cache)


def test_nothing_in_a_file_tells_of_the_machine_that_built_it(project: Write, cache: Path, tmp_path: Path) -> None:
    folder = project("const char where[] = __FILE__;", "struct event { int a; };\n")
    expected = {str(tmp_path), str(cache), str(Path.home()), os.uname().release}
    made = build_project(folder, cache=cache)
    documents = [data for data in attach(made).blobs.values() if data != b"{}"]
    held = [made.object, made.manifest.raw, *documents, *made.blobs.values()]
    assert [word for word in expected for data in held if word.encode() in data] == []
    assert [json.loads(data)["predicateType" if b"predicate" in data else "bomFormat"] for data in documents] == [
        "https://slsa.dev/provenance/v1",
        "CycloneDX",
    ]
