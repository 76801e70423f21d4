"""`ecli init`: a program that works at once, and never over somebody's files."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.client.builder.build import BuiltPackage
from ebpfhub.client.builder.scaffold.scaffold import scaffold
from ebpfhub.schemas.errors import BadInput, Conflict

RUN = """
import json, os, struct, sys, threading
from pathlib import Path
from ebpfhub.client.loader.session import run_program
from ebpfhub.schemas.package import PackageConfig

config = PackageConfig.parse(Path(sys.argv[2]).read_bytes())
values = {"target_pid": struct.pack("<i", os.getpid()), "failed_only": b"\\1"}
settings = [(o.section, o.offset, values[o.name]) for o in config.usage.options if o.name in sys.argv[3:]]

class Sink:
    descriptor = -1
    def started(self, name, *, attached, streams):
        threading.Thread(target=self.work).start()
    def work(self):
        how = struct.pack("<QQQ", os.O_RDONLY | os.O_CLOEXEC, 0, 0)
        libc.syscall(437, -100, b"/etc/os-release", how, 24)
        os.close(os.open("/etc/hostname", os.O_RDONLY))
        try:
            os.open("/nothing/here", os.O_WRONLY)
        except OSError:
            pass
    def batch(self, stream, records):
        for r in records:
            pid, ppid, uid, ret, flags = struct.unpack_from("<iiIiI", r)
            name = r[36:].partition(b"\\0")[0].decode()
            print(json.dumps([pid == os.getpid(), ppid == os.getppid(), uid, ret >= 0, ret, flags, len(r), name]))
        return 0
    def lost(self, count):
        pass
    def ended(self, **_):
        pass

import ctypes
libc = ctypes.CDLL(None)
run_program(Path(sys.argv[1]).read_bytes(), "opensnoop", config.usage, settings, sink=Sink(), timeout=1)
"""
MOUNTED = '[ -d /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"'


def _run(built: BuiltPackage, folder: Path, *options: str) -> list[list[object]]:
    (folder / "o.o").write_bytes(built.object)
    (folder / "config").write_bytes(built.config.to_json())
    program = [sys.executable, "-c", RUN, str(folder / "o.o"), str(folder / "config"), *options]
    command = ["unshare", "--mount", "sh", "-c", MOUNTED, "sh", *program]
    done = subprocess.run(command, check=True, capture_output=True, timeout=60)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_scaffolded_program_prints_what_a_process_opens(opensnoop: BuiltPackage, tmp_path: Path) -> None:
    rows = {row[-1]: row[:-1] for row in _run(opensnoop, tmp_path, "target_pid")}
    assert rows["/etc/hostname"][:4] == [True, True, 0, True]
    assert rows["/etc/os-release"][:4] == [True, True, 0, True]  # openat2
    assert rows["/etc/os-release"][5] == 0o2000000  # O_CLOEXEC, read out of struct open_how
    assert rows["/nothing/here"][4:6] == [-2, 0o2000001]  # ENOENT; O_WRONLY | O_CLOEXEC
    assert all(row[0] for row in rows.values())


def test_scaffolded_program_shows_only_failures_when_asked(opensnoop: BuiltPackage, tmp_path: Path) -> None:
    rows = _run(opensnoop, tmp_path, "target_pid", "failed_only")
    assert [row[-1] for row in rows] == ["/nothing/here"]


def test_new_project_has_all_files(tmp_path: Path) -> None:
    made = scaffold("my-tool", tmp_path / "new")
    assert sorted(path.name for path in made) == [
        ".gitignore",
        "README.md",
        "config.json",
        "my-tool.bpf.c",
        "my-tool.h",
    ]
    assert '#include "my-tool.h"' in (tmp_path / "new" / "my-tool.bpf.c").read_text()
    assert not any("NAME" in path.read_text() for path in made)


def test_existing_program_only_gets_what_it_lacks(tmp_path: Path) -> None:
    (tmp_path / "mine.bpf.c").write_text("// mine")
    (tmp_path / "README.md").write_text("mine too")
    made = scaffold("mine", tmp_path)
    assert sorted(path.name for path in made) == [".gitignore", "config.json"]
    assert (tmp_path / "mine.bpf.c").read_text() == "// mine"
    assert (tmp_path / "README.md").read_text() == "mine too"
    assert scaffold("mine", tmp_path) == []


def test_file_in_the_way_is_not_overwritten_and_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("somebody's")
    with pytest.raises(Conflict, match="already"):
        scaffold("tool", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_dangling_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "config.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Conflict):
        scaffold("tool", tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_folder_with_other_files_is_fine(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    assert len(scaffold("tool", tmp_path)) == 5


@pytest.mark.parametrize("name", ["", "../x", "Tool", "a/b"])
def test_unfit_name_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput):
        scaffold(name, tmp_path)


@pytest.mark.parametrize("template", ["nothing", "../builder", ""])
def test_unknown_template_is_refused_and_known_ones_are_named(template: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="eunomia"):
        try:
            scaffold("tool", tmp_path, template=template)
        except BadInput as error:
            raise BadInput(str(error)) from error
