"""The reader of plain tars takes what tarfile writes of plain files, and nothing else."""

from __future__ import annotations

import contextlib
import io
import tarfile

import pytest
from ebpfhub.federation.plain_tar import plain_files
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st


def tar_of(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.USTAR_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for member, data in members:
            member.size = member.size or len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def read(data: bytes, *, limit: int = 1 << 20, count: int = 100) -> list[tuple[str, bytes]]:
    files = plain_files(io.BytesIO(data), limit=lambda _: limit, count=count, where="tar")
    return [(file.name, file.read()) for file in files]


def special(kind: bytes, *, link: str = "") -> tarfile.TarInfo:
    made = tarfile.TarInfo("blobs/evil")
    made.type, made.linkname = kind, link
    return made


@given(
    st.lists(st.tuples(st.from_regex(r"[a-z][a-z/]{0,60}[a-z]", fullmatch=True), st.binary(max_size=2000)), max_size=8)
)
def test_what_tarfile_writes_is_read_back(files: list[tuple[str, bytes]]) -> None:
    assert read(tar_of(*[(tarfile.TarInfo(name), data) for name, data in files])) == files


def test_contents_that_nobody_read_are_passed_over() -> None:
    data = tar_of((tarfile.TarInfo("a"), b"x" * 100_000), (tarfile.TarInfo("b"), b"y"))
    names = [file.name for file in plain_files(io.BytesIO(data), limit=lambda _: 1 << 20, count=9, where="tar")]
    assert names == ["a", "b"]


@pytest.mark.parametrize(
    "member",
    [
        special(tarfile.SYMTYPE, link="/etc/passwd"),
        special(tarfile.LNKTYPE, link="a"),
        special(tarfile.CHRTYPE),
        special(tarfile.BLKTYPE),
        special(tarfile.FIFOTYPE),
        special(tarfile.CONTTYPE),
        special(tarfile.GNUTYPE_SPARSE),
        special(tarfile.GNUTYPE_LONGNAME),
        special(b"Z"),
    ],
    ids=lambda member: str(member.type),
)
def test_everything_but_plain_files_is_refused(member: tarfile.TarInfo) -> None:
    with pytest.raises(BadInput, match="not a plain file"):
        read(tar_of((member, b"")))


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT])
def test_extension_headers_are_refused_before_they_are_read(form: int) -> None:
    with pytest.raises(BadInput, match="not a plain file"):
        read(tar_of((tarfile.TarInfo("x" * 300), b"data"), form=form))


def test_sizes_and_counts_are_bounded() -> None:
    big = tarfile.TarInfo("big")
    big.size = 1 << 40
    header = big.tobuf(tarfile.GNU_FORMAT)
    with pytest.raises(BadInput, match="too large"):
        read(header)
    negative = bytearray(tarfile.TarInfo("negative").tobuf(tarfile.USTAR_FORMAT))
    negative[124:136] = b"\xff" * 12
    negative[148:156] = b"        "
    negative[148:155] = f"{sum(negative):06o}\0".encode()
    with pytest.raises(BadInput, match="too large"):
        read(bytes(negative))
    with pytest.raises(BadInput, match="more than 3 files"):
        read(tar_of(*[(tarfile.TarInfo(str(number)), b"") for number in range(4)]), count=3)


def test_tar_that_is_cut_anywhere_is_refused() -> None:
    data = tar_of((tarfile.TarInfo("a"), b"x" * 700), (tarfile.TarInfo("b"), b"y"))
    end = 512 + 1024 + 512 + 512 + 512
    for length in [*range(0, end, 97), end - 1]:
        with pytest.raises(BadInput, match="cut short"):
            read(data[:length])
    assert len(read(data[:end])) == 2


@given(st.binary(max_size=3000), st.integers(0, 2000), st.integers(0, 255))
def test_anything_is_read_or_refused(junk: bytes, place: int, value: int) -> None:
    data = bytearray(tar_of((tarfile.TarInfo("a"), b"x" * 700), (tarfile.TarInfo("b"), b"y")))
    data[place] = value
    for hostile in (junk, bytes(data), bytes(data[:place]) + junk):
        with contextlib.suppress(BadInput):
            assert all(len(held) <= 5000 for _, held in read(hostile, limit=5000))
