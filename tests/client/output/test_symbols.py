"""Symbols from files that anybody may have made, and from a kernel that may hide them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ebpfhub.client.output.symbols.image import Image
from ebpfhub.client.output.symbols.kernel import KernelSymbols
from ebpfhub.client.output.symbols.process import ProcessSymbols
from hypothesis import given, settings
from hypothesis import strategies as st

PROGRAM = Path("/bin/true").read_bytes()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("images") / "program"


@settings(max_examples=200)
@given(st.data())
def test_any_damage_to_a_program_file_is_survived(file: Path, data: st.DataObject) -> None:
    damaged = bytearray(PROGRAM)
    headers = int.from_bytes(PROGRAM[40:48], "little")
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.one_of(st.integers(0, 1024), st.integers(headers, len(PROGRAM) - 1)))
        damaged[place] = data.draw(st.integers(0, 255))
    file.write_bytes(damaged[: data.draw(st.one_of(st.none(), st.integers(0, len(PROGRAM))))])
    image = Image.read(str(file))
    if image is not None:
        for offset in (0, 1, 0x2000, len(PROGRAM), 2**63, 2**64 - 1):
            assert isinstance(image.find(offset), str)


def test_what_is_no_regular_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing", "/dev/zero", "a\0b"):
        assert Image.read(str(path)) is None


def test_a_kernel_that_hides_its_addresses_gives_addresses(tmp_path: Path) -> None:
    hidden = tmp_path / "kallsyms"
    hidden.write_text("0000000000000000 T vfs_read\n0000000000000000 t vfs_write\n")
    for path in (hidden, tmp_path / "missing"):
        assert KernelSymbols(str(path)).text(0xFFFFFFFF81000010) == "0xffffffff81000010"


def test_a_symbol_of_the_kernel_reaches_to_the_next_one(tmp_path: Path) -> None:
    names = tmp_path / "kallsyms"
    names.write_text("ffffffff81000100 T second\t[module]\nffffffff81000000 T first\nffffffff81000180 A no_code\n")
    symbols = KernelSymbols(str(names))
    found = [symbols.text(0xFFFFFFFF81000000 + offset) for offset in (0, 0xFF, 0x100, 0x200)]
    assert found == ["first", "first+0xff", "second", "second+0x100"]
    assert symbols.text(0xFFFFFFFF80FFFFFF) == "0xffffffff80ffffff"
    assert symbols.text(0x1234) == "0x1234"


@given(st.binary(max_size=200))
def test_any_text_for_kernel_symbols_is_survived(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "kallsyms"
    path.write_bytes(data)
    assert KernelSymbols(str(path)).text(0xFFFFFFFF81000010)


def test_a_process_that_is_gone_has_addresses() -> None:
    assert ProcessSymbols().text(0x1000, 2**22 + 5) == "0x1000"
