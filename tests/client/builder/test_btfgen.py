"""A package's layer of kernel types, out of a folder like BTFHub's archive."""

from __future__ import annotations

import io
import lzma
import os
import tarfile
from pathlib import Path

import pytest
from ebpfhub.client.builder import btfhub
from ebpfhub.client.builder.btfgen import types_layer
from ebpfhub.client.builder.build import BuiltPackage
from ebpfhub.client.kernel_types.archive import chosen
from ebpfhub.client.kernel_types.reduce import reduced
from ebpfhub.schemas.errors import BadInput, NotFound
from ebpfhub.schemas.kernel_types import System

HERE = System("debian", "12", "x86_64", "6.18")
PACKED = System("ubuntu", "22.04", "aarch64", "5.15")


@pytest.fixture(scope="module")
def kernel_btf() -> bytes:
    return Path("/sys/kernel/btf/vmlinux").read_bytes()


def tar_xz(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return lzma.compress(out.getvalue(), preset=0)


def write(folder: Path, name: str, data: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def test_every_kernel_of_the_archive_is_reduced(opensnoop: BuiltPackage, tmp_path: Path, kernel_btf: bytes) -> None:
    write(tmp_path, "debian/12/x86_64/6.18.btf", kernel_btf)
    write(tmp_path, "ubuntu/22.04/arm64/5.15.btf.tar.xz", tar_xz(("./5.15.btf", kernel_btf)))
    write(tmp_path, "README.md", b"no types")
    layer = types_layer({None: opensnoop.object}, tmp_path)
    small = reduced(opensnoop.object, kernel_btf, standalone=True)
    assert chosen(layer, HERE) == chosen(layer, PACKED) == small
    assert len(layer) < 16384
    for path in tmp_path.rglob("*.btf"):
        os.utime(path, (1, 1))
    assert types_layer({None: opensnoop.object}, tmp_path) == layer


def test_a_folder_without_types_is_refused(opensnoop: BuiltPackage, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(NotFound, match="no kernel types"):
            types_layer({None: opensnoop.object}, folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xz",
        lzma.compress(b"no tar"),
        tar_xz(("a.btf", b"x"))[:-20],
        tar_xz(("a.btf", b"x"), ("b.btf", b"y")),
        tar_xz(("readme", b"x")),
        tar_xz(("a.btf", b"no types")),
    ],
)
def test_broken_files_are_refused(opensnoop: BuiltPackage, tmp_path: Path, content: bytes) -> None:
    write(tmp_path, "debian/12/x86_64/6.18.btf.tar.xz", content)
    with pytest.raises(BadInput):
        types_layer({None: opensnoop.object}, tmp_path)


def test_a_small_file_does_not_become_a_large_one(
    opensnoop: BuiltPackage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(btfhub, "MAX_UNPACKED_BYTES", 1 << 20)
    write(tmp_path, "debian/12/x86_64/6.18.btf.tar.xz", tar_xz(("a.btf", bytes(2 << 20))))
    with pytest.raises(BadInput, match="too large"):
        types_layer({None: opensnoop.object}, tmp_path)
