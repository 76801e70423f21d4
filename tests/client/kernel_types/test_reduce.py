"""Reduced types: a thousandth of the kernel's, and libbpf relocates every instruction as with all of them."""

from __future__ import annotations

import contextlib
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.client.kernel_types.index import KernelTypes, essential
from ebpfhub.client.kernel_types.reduce import reduced
from ebpfhub.schemas.btf import Btf, BtfMember, BtfType, Kind
from ebpfhub.schemas.btf_writer import Strings, write_btf
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Compiled

RELOCATIONS = Path(__file__).parent / "relocations.py"
INT = BtfType(Kind.INT, "int", size=4, encoding=1, bits=32)


def relocations(folder: Path, bpf_object: bytes, types: bytes | None) -> list[str]:
    """What libbpf says that it does to instructions, with a file of types or the kernel's own."""
    path, file = folder / "object.o", folder / "types.btf"
    path.write_bytes(bpf_object)
    file.write_bytes(types or b"")
    done = subprocess.run(
        [sys.executable, "-P", str(RELOCATIONS), str(path), str(file) if types else ""],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.splitlines()


def by_bpftool(folder: Path, bpf_object: bytes) -> bytes:
    path, out = folder / "bpftool.o", folder / "bpftool.btf"
    path.write_bytes(bpf_object)
    subprocess.run(["bpftool", "gen", "min_core_btf", "/sys/kernel/btf/vmlinux", str(out), str(path)], check=True)
    return out.read_bytes()


@pytest.fixture(scope="session")
def small(compiled: Compiled, kernel_btf: bytes) -> bytes:
    """What is left for the object with all kinds of relocations."""
    made = reduced(compiled("fields"), kernel_btf)
    assert made is not None
    return made


def btf(*types: BtfType) -> bytes:
    return write_btf(types, Strings())


def test_every_instruction_is_relocated_as_with_all_types(
    tmp_path: Path, compiled: Compiled, kernel_btf: bytes
) -> None:
    small = reduced(compiled("fields"), kernel_btf)
    assert small is not None
    whole = relocations(tmp_path, compiled("fields"), None)
    assert relocations(tmp_path, compiled("fields"), small) == whole
    assert sum("patched" in line for line in whole) > 30
    assert any("non-matching" in line for line in whole)
    assert len(small) < len(kernel_btf) / 500


def test_what_is_missing_stays_missing(tmp_path: Path, compiled: Compiled, kernel_btf: bytes) -> None:
    small = reduced(compiled("absent"), kernel_btf, standalone=True)
    assert small is not None
    whole = relocations(tmp_path, compiled("absent"), kernel_btf)
    assert relocations(tmp_path, compiled("absent"), small) == whole
    assert sum("substituting" in line for line in whole) >= 2


def test_types_that_a_module_may_have_are_left_to_libbpf(compiled: Compiled, kernel_btf: bytes) -> None:
    assert reduced(compiled("absent"), kernel_btf) is None


def test_nothing_to_relocate_needs_no_types(compiled: Compiled, kernel_btf: bytes) -> None:
    assert reduced(compiled("plain"), kernel_btf) is None
    assert reduced(compiled("plain"), kernel_btf, standalone=True) is None


def test_programs_on_kernel_functions_need_the_kernels_own_types(compiled: Compiled, kernel_btf: bytes) -> None:
    assert reduced(compiled("hooks"), kernel_btf) is None


def test_reducing_again_changes_nothing(compiled: Compiled, kernel_btf: bytes) -> None:
    small = reduced(compiled("fields"), kernel_btf)
    assert small is not None
    assert reduced(compiled("fields"), small) == small
    Btf.parse(small)


def test_simple_objects_get_what_bpftool_makes(tmp_path: Path, compiled: Compiled, kernel_btf: bytes) -> None:
    small, theirs = reduced(compiled("simple"), kernel_btf), by_bpftool(tmp_path, compiled("simple"))
    assert small is not None
    assert Btf.parse(small).types == Btf.parse(theirs).types


def test_ambiguous_candidates_stay_ambiguous(tmp_path: Path, compiled: Compiled) -> None:
    """Two flavours of a struct with a member at two places: libbpf refuses to choose, also after the reduction."""
    one = BtfType(Kind.STRUCT, "task_struct", size=16, members=(BtfMember("tgid", 1, 32), BtfMember("pid", 1, 0)))
    two = BtfType(Kind.STRUCT, "task_struct___2", size=16, members=(BtfMember("pid", 1, 0), BtfMember("tgid", 1, 64)))
    both = btf(INT, one, two)
    small = reduced(compiled("simple"), both, standalone=True)
    assert small is not None
    whole = relocations(tmp_path, compiled("simple"), both)
    assert any("ambiguity" in line for line in whole)
    assert relocations(tmp_path, compiled("simple"), small) == whole


def test_an_array_without_length_does_not_become_the_last_member(tmp_path: Path, compiled: Compiled) -> None:
    array = BtfType(Kind.ARRAY, "", type=1, index=1, count=0)
    first = BtfType(Kind.STRUCT, "open_ended", size=8, members=(BtfMember("items", 2, 0), BtfMember("more", 1, 0)))
    last = BtfType(Kind.STRUCT, "open_ended", size=8, members=(BtfMember("more", 1, 0), BtfMember("items", 2, 32)))
    for holder, patched in ((first, False), (last, True)):
        types = btf(INT, array, holder)
        small = reduced(compiled("flexible"), types, standalone=True)
        assert small is not None
        whole = relocations(tmp_path, compiled("flexible"), types)
        assert any("substituting" in line for line in whole) != patched
        assert relocations(tmp_path, compiled("flexible"), small) == whole


@pytest.mark.parametrize(
    ("name", "meant"),
    [("a", "a"), ("a___b", "a"), ("a___b___c", "a___b"), ("___a", "___a"), ("a___", "a___"), ("a____b", "a____b")],
)
def test_flavours_are_cut_as_libbpf_cuts_them(name: str, meant: str) -> None:
    assert essential(name) == meant


def test_names_are_found_where_strings_share_their_ends() -> None:
    types = KernelTypes(btf(BtfType(Kind.STRUCT, "my_sock", size=4), BtfType(Kind.STRUCT, "sock___x", size=4)))
    assert types.named({"sock"}) == {"sock": [2]}
    assert types.named({"my_sock", "k"}) == {"my_sock": [1]}
    raw = bytearray(btf(BtfType(Kind.STRUCT, "my_sock", size=4)))
    raw[24:28] = struct.pack("<I", 4)  # the type's name: in the middle of the string
    assert KernelTypes(bytes(raw)).named({"sock"}) == {"sock": [1]}


def test_a_struct_that_holds_itself_ends() -> None:
    own = btf(INT, BtfType(Kind.STRUCT, "task_struct", size=4, members=(BtfMember("", 2, 0), BtfMember("", 2, 0))))
    chain = btf(INT, BtfType(Kind.TYPEDEF, "task_struct", type=2))
    assert KernelTypes(own)[2].members[0].type == 2
    assert KernelTypes(chain)[2].type == 2


def test_a_forest_of_anonymous_members_is_refused(compiled: Compiled) -> None:
    """2^40 ways to look for one member."""
    trees = [
        BtfType(
            Kind.STRUCT,
            "" if number else "task_struct",
            size=4,
            members=(BtfMember("", number + 3), BtfMember("", number + 3)),
        )
        for number in range(40)
    ]
    with pytest.raises(BadInput, match="steps"):
        reduced(compiled("simple"), btf(INT, *trees, INT), standalone=True)


@given(at=st.integers(0, 8192), value=st.integers(0, 255), cut=st.integers(0, 500))
def test_broken_types_are_refused_or_read(compiled: Compiled, small: bytes, at: int, value: int, cut: int) -> None:
    broken = bytearray(small)
    broken[at % len(broken)] = value
    with contextlib.suppress(BadInput):
        reduced(compiled("fields"), bytes(broken)[: len(broken) - cut], standalone=True)


@given(data=st.binary(max_size=200))
def test_random_bytes_are_refused(compiled: Compiled, data: bytes) -> None:
    with pytest.raises(BadInput):
        KernelTypes(data)
    with pytest.raises(BadInput):
        reduced(data, data)
    with pytest.raises(BadInput):
        KernelTypes(b"\x9f\xeb\x01\0\x18\0\0\0" + struct.pack("<IIII", 0, len(data) + 1, 0, 0) + data)


@given(at=st.integers(0, 1 << 20), value=st.integers(0, 255))
def test_broken_objects_are_refused_or_read(compiled: Compiled, small: bytes, at: int, value: int) -> None:
    broken = bytearray(compiled("simple"))
    broken[at % len(broken)] = value
    with contextlib.suppress(BadInput):
        reduced(bytes(broken), small, standalone=True)
