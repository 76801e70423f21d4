"""Tar packages of eunomia-bpf: what ecc writes is read, and hostile ones are refused within bounds."""

from __future__ import annotations

import contextlib
import io
import tarfile

import pytest
from ebpfhub.client.sources.eunomia_tar import read_tar
from ebpfhub.schemas.errors import BadInput
from hypothesis import given, settings
from hypothesis import strategies as st

from ...schemas.eunomia_packages import compiled, package, tar

BTF = b"\x9f\xeb\x01\0some types"
PLACE = "ubuntu/20.04/x86_64/5.4.0-91-generic.btf"
ROUNDS = settings(max_examples=200, deadline=None)


def names(types: bytes | None) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(types or b"")) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]


@pytest.mark.parametrize("before", ["", "./"])
def test_a_tar_holds_the_package_and_types_of_kernels(before: str) -> None:
    other = "debian/12/arm64/6.1.0-9-arm64.btf"
    made = tar(
        (f"{before}btfhub-archive/{PLACE}", BTF),
        (f"{before}btfhub-archive/{other}", BTF + b"2"),
        (f"{before}package.json", package()),
        (f"{before}eunomia", compiled()),
    )
    found = read_tar(made)
    assert found.bpf_object == compiled()
    assert found.config.name == "eunomia"
    assert names(found.types) == {PLACE: BTF, other: BTF + b"2"}


def test_the_types_are_the_same_bytes_whatever_order_they_came_in() -> None:
    held = [(f"btfhub-archive/a/{number}/x86_64/5.btf", BTF) for number in range(3)]
    first = read_tar(tar(("package.json", package()), *held))
    assert first.types == read_tar(tar(*reversed(held), ("package.json", package()))).types


def test_a_tar_without_types_is_a_package() -> None:
    assert read_tar(tar(("package.json", package()))).types is None


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([("other.json", package())], "holds no package.json"),
        ([("package.json", package()), ("package.json", package())], "two"),
        ([("package.json", package()), (f"btfhub-archive/{PLACE}", b"text")], "not BTF"),
        ([("package.json", package()), ("btfhub-archive/a/../x/y.btf", BTF)], "oddly named"),
        ([("package.json", package())] + [(f"btfhub-archive/{PLACE}", BTF)] * 2, "twice"),
        ([("package.json", b"{}")], "missing"),
        ([("package.json", package()), ("big", bytes((16 << 20) + 1))], "too large"),
    ],
)
def test_what_is_wrong_with_a_tar_is_named(files: list[tuple[str, bytes]], why: str) -> None:
    with pytest.raises(BadInput, match=why):
        read_tar(tar(*files))


def test_a_tar_of_very_many_files_is_given_up() -> None:
    member = tarfile.TarInfo("x").tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(BadInput, match="more than"):
        read_tar(member * 65_537 + bytes(1024))


def test_links_in_a_tar_are_refused() -> None:
    member = tarfile.TarInfo("package.json")
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(BadInput, match="not a plain file"):
        read_tar(member.tobuf(tarfile.GNU_FORMAT) + bytes(1024))


WHOLE = tar((f"btfhub-archive/{PLACE}", BTF), ("package.json", package()))


@ROUNDS
@given(st.integers(0, len(WHOLE) - 1), st.binary(min_size=1, max_size=8))
def test_damaged_tars_are_refused_or_read(place: int, damage: bytes) -> None:
    with contextlib.suppress(BadInput):
        read_tar(WHOLE[:place] + damage + WHOLE[place + len(damage) :])


@ROUNDS
@given(st.integers(0, len(WHOLE) - 1))
def test_truncated_tars_are_refused_or_whole_without_their_end(length: int) -> None:
    try:
        found = read_tar(WHOLE[:length])
    except BadInput:
        return
    assert found.bpf_object == compiled()


@ROUNDS
@given(st.binary(max_size=2000))
def test_hostile_tars_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        read_tar(data)
