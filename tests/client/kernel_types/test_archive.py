"""Archives of kernel types: BTFHub's layout, chosen by distribution, version, architecture and release."""

from __future__ import annotations

import contextlib
import io
import tarfile
from pathlib import Path

import pytest
from ebpfhub.client.kernel_types.archive import chosen, path_of, system_of, write_archive
from ebpfhub.client.kernel_types.this_system import this_system
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.kernel_types import System
from hypothesis import given
from hypothesis import strategies as st

UBUNTU = System("ubuntu", "22.04", "x86_64", "5.15.0-25-generic")
WORDS = st.text("abcxyz019.-_", min_size=1, max_size=24).filter(lambda word: word not in (".", ".."))
SYSTEMS = st.builds(System, WORDS, WORDS, st.sampled_from(["x86_64", "aarch64"]), WORDS)


def tar_of(*names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = len(name)
            tar.addfile(member, io.BytesIO(name.encode()))
    return out.getvalue()


@given(st.dictionaries(SYSTEMS, st.binary(max_size=64), max_size=5))
def test_what_is_packed_is_found_again(entries: dict[System, bytes]) -> None:
    packed = write_archive(entries)
    assert all(chosen(packed, system) == data for system, data in entries.items())
    assert write_archive(dict(reversed(list(entries.items())))) == packed


@pytest.mark.parametrize(
    "changed", [{"id": "debian"}, {"version": "20.04"}, {"architecture": "aarch64"}, {"release": "5.15.0-26-generic"}]
)
def test_types_of_another_system_are_not_taken(changed: dict[str, str]) -> None:
    assert chosen(write_archive({UBUNTU: b"x"}), UBUNTU._replace(**changed)) is None


def test_names_of_upstreams_tars_and_of_btfhub_are_known() -> None:
    packed = tar_of("package.json", "opensnoop", f"btfhub-archive/{path_of(UBUNTU)}", "amzn/2/arm64/4.14.1.btf")
    assert chosen(packed, UBUNTU) == f"btfhub-archive/{path_of(UBUNTU)}".encode()
    assert chosen(packed, System("amzn", "2", "aarch64", "4.14.1")) == b"amzn/2/arm64/4.14.1.btf"


def test_a_major_version_is_second_choice() -> None:
    exact, major = "rhel/8.4/x86_64/4.18.btf", "rhel/8/x86_64/4.18.btf"
    system = System("rhel", "8.4", "x86_64", "4.18")
    assert chosen(tar_of(major), system) == major.encode()
    assert chosen(tar_of(major, exact), system) == exact.encode()
    assert chosen(tar_of("rhel/8.5/x86_64/4.18.btf"), system) is None


@pytest.mark.parametrize(
    "name", ["../8/x86_64/4.btf", "a/b/c/d/e.btf", "a/b/c.btf", "a/b/c/d", "a//c/d.btf", "a/b/c/.btf", ".btf"]
)
def test_odd_names_are_no_types(name: str) -> None:
    assert system_of(name) is None


def test_links_and_broken_tars_are_refused() -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        link = tarfile.TarInfo(path_of(UBUNTU))
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    for raw in (out.getvalue(), b"x" * 1024, b"", write_archive({UBUNTU: b"x" * 600})[:1000]):
        with pytest.raises(BadInput):
            chosen(raw, UBUNTU)


@given(st.binary(max_size=2048))
def test_random_bytes_are_refused_or_hold_nothing(raw: bytes) -> None:
    with contextlib.suppress(BadInput):
        assert chosen(raw, UBUNTU) is None


@pytest.mark.parametrize(
    "system", [UBUNTU._replace(id="../x"), UBUNTU._replace(release="r" * 200), UBUNTU._replace(id="")]
)
def test_names_that_cannot_be_read_again_are_not_packed(system: System) -> None:
    with pytest.raises(BadInput):
        write_archive({system: b"x"})


def test_this_system_is_told_by_os_release_and_uname(tmp_path: Path) -> None:
    path = tmp_path / "os-release"
    path.write_text('# comment\nNAME="Oracle Linux"\nID="ol"\nVERSION_ID=\'8.9\'\n')
    here = this_system((tmp_path / "none", path))
    assert here[:2] == ("ol", "8.9")
    assert this_system((tmp_path / "none",))[:2] == ("linux", "")
    assert this_system().architecture and this_system().release
