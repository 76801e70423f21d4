"""A built program under the kernel: what it sends, and what its options change."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ebpfhub.client.builder.build import BuiltPackage

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


def test_program_prints_what_a_process_opens(opensnoop: BuiltPackage, tmp_path: Path) -> None:
    rows = {row[-1]: row[:-1] for row in _run(opensnoop, tmp_path, "target_pid")}
    assert rows["/etc/hostname"][:4] == [True, True, 0, True]
    assert rows["/etc/os-release"][:4] == [True, True, 0, True]  # openat2
    assert rows["/etc/os-release"][5] == 0o2000000  # O_CLOEXEC, read out of struct open_how
    assert rows["/nothing/here"][4:6] == [-2, 0o2000001]  # ENOENT; O_WRONLY | O_CLOEXEC
    assert all(row[0] for row in rows.values())


def test_program_shows_only_failures_when_asked(opensnoop: BuiltPackage, tmp_path: Path) -> None:
    rows = _run(opensnoop, tmp_path, "target_pid", "failed_only")
    assert [row[-1] for row in rows] == ["/nothing/here"]
