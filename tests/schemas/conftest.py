"""Real BPF objects for the parsers: one built here that has everything, and those of Debian's libbpf-tools."""

from __future__ import annotations

import struct
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "programs" / "sample.bpf.c"
TOOLS = [Path("/usr/sbin"), Path("/sbin"), Path("/usr/libexec/libbpf-tools")]
NAMES = [
    "opensnoop",
    "tcpconnect",
    "execsnoop",
    "biolatency",
    "vfsstat",
    "tcptracer",
    "klockstat",
    "javagc",
    "fsslower",
]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """programs/sample.bpf.c, compiled, with its debug sections."""
    target = tmp_path_factory.mktemp("sample") / "sample.o"
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "bpfel-freestanding", "-mcpu=v2", "-g", "-O2"]
    subprocess.run([*command, "-c", str(SOURCE), "-o", str(target)], check=True)
    return target.read_bytes()


@pytest.fixture(scope="session")
def tools() -> dict[str, bytes]:
    """Objects of libbpf-tools by the tool's name, carved out of the binaries that hold them."""
    found = {name: path / name for name in NAMES for path in TOOLS if (path / name).is_file()}
    assert set(found) == set(NAMES), "apt-get install libbpf-tools"
    return {name: next(_objects(path.read_bytes())) for name, path in found.items()}


def _objects(data: bytes) -> Iterator[bytes]:
    at = 4
    while (at := data.find(b"\x7fELF\x02\x01\x01", at)) >= 0:
        kind, machine = struct.unpack_from("<HH", data, at + 16)
        if (kind, machine) == (1, 247):
            (table,) = struct.unpack_from("<Q", data, at + 40)
            (count,) = struct.unpack_from("<H", data, at + 60)
            yield data[at : at + table + 64 * count]
        at += 4
