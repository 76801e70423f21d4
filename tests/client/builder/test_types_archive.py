"""An archive of kernel types, out of a folder like BTFHub's: every kernel whole, a layer each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ebpfhub.client.builder import types_archive
from ebpfhub.client.builder.build import BuiltPackage
from ebpfhub.client.builder.types_archive import build_types, summary
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import decompress
from ebpfhub.schemas.elf import ElfObject
from ebpfhub.schemas.errors import BadInput, NotFound
from ebpfhub.schemas.kernel_types import MAX_KERNEL_BTF_BYTES, System, kernels_of

from .test_btfgen import tar_xz, write

NAME = "acme/kernel-types:1.2.0"
DEBIAN = System("debian", "12", "x86_64", "6.18")
UBUNTU = System("ubuntu", "20.04", "aarch64", "5.4.0-26-generic")


@pytest.fixture
def btf(opensnoop: BuiltPackage) -> bytes:
    """Some BTF: what it is of plays no part here."""
    section = ElfObject.parse(opensnoop.object).section(".BTF")
    assert section is not None
    return bytes(section.data)


@pytest.fixture
def folder(tmp_path: Path, btf: bytes) -> Path:
    write(tmp_path, "debian/12/x86_64/6.18.btf", btf)
    write(tmp_path, "ubuntu/20.04/arm64/5.4.0-26-generic.btf.tar.xz", tar_xz(("./5.4.0-26-generic.btf", btf)))
    write(tmp_path, "README.md", b"no types")
    return tmp_path


def test_every_kernel_is_there_whole(folder: Path, btf: bytes) -> None:
    said: list[str] = []
    made = build_types(folder, NAME, progress=said.append)
    kernels = kernels_of(made.manifest)
    assert list(kernels) == [DEBIAN, UBUNTU]
    for layer in kernels.values():
        assert decompress(made.blobs[layer.digest], limit=MAX_KERNEL_BTF_BYTES) == btf
    assert (made.config.package, made.config.version) == ("acme/kernel-types", "1.2.0")
    assert made.config.description == "Types of 2 kernels without BTF: debian 12, ubuntu 20.04"
    assert made.manifest.artifact_type == media.KERNEL_TYPES
    assert said == [f"Packed 1 of 2: {DEBIAN}", f"Packed 2 of 2: {UBUNTU}"]
    for path in folder.rglob("*.btf"):
        os.utime(path, (1, 1))
    assert build_types(folder, NAME).manifest.digest == made.manifest.digest


def test_only_what_is_wanted_is_taken(folder: Path) -> None:
    assert list(kernels_of(build_types(folder, NAME, only=["debian/*"]).manifest)) == [DEBIAN]
    assert len(kernels_of(build_types(folder, NAME, only=["debian/*", "*/aarch64/5.4*"]).manifest)) == 2
    with pytest.raises(NotFound, match="for rhel/"):
        build_types(folder, NAME, only=["rhel/*"])


def test_a_folder_without_types_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no kernel types"):
        build_types(tmp_path, NAME)


@pytest.mark.parametrize(
    "name", ["kernel-types", "kernel-types:latest", "kernel-types:one", "hub.test/a/b:1.0.0", "K:1.0.0", ""]
)
def test_it_needs_a_name_and_a_version(folder: Path, name: str) -> None:
    with pytest.raises(BadInput):
        build_types(folder, name)


def test_what_is_no_btf_is_refused_by_its_file(folder: Path) -> None:
    write(folder, "debian/12/x86_64/6.19.btf", b"no types")
    with pytest.raises(BadInput, match=r"6\.19\.btf"):
        build_types(folder, NAME)


@pytest.mark.parametrize("limit", ["MAX_TYPES_LAYERS", "MAX_TYPES_RELEASE_BYTES", "MAX_PACKAGE_MANIFEST_BYTES"])
def test_more_kernels_than_a_release_takes_are_refused_with_a_way_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(types_archive, limit, 1)
    with pytest.raises(BadInput, match="more kernels than one release takes") as caught:
        build_types(folder, NAME)
    assert "--only" in caught.value.todo


def test_many_distributions_are_summed_up() -> None:
    said = summary([System("debian", str(number), "x86_64", "6") for number in range(20)])
    assert said.startswith("Types of 20 kernels without BTF: debian 0, debian 1, ") and said.endswith(" and 12 more")
