"""`--wasm-header`: a guest in C that includes NAME.skel.h and NAME.wasm.h, compiled as its author would, and run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.formats.c_struct import c_struct
from ebpfhub.schemas.c_type import ARRAY, INTEGER, STRING, STRUCT, CType, Member

from .conftest import GETPPID, PROGRAMS, Forms, calling

Compile = Callable[[Path, Path], Path]
_BYTE, _WORD = CType(INTEGER, 1), CType(INTEGER, 4, signed=True)


@pytest.fixture(scope="module")
def reader(forms: Callable[[str], Forms], compiled: Compile) -> Path:
    """reader.c, compiled."""
    return compiled(PROGRAMS / "reader.c", forms("told").folder)


def test_guest_sets_variables_reads_records_and_ends(reader: Path, forms: Callable[[str], Forms]) -> None:
    with calling():
        done = forms("told").ecli.run("run", reader, os.getpid(), GETPPID, expect=3)
    assert done.stdout == "-7 21 patched 2 -128\n" * 3


def test_members_that_overlap_or_lie_apart_are_where_they_are_in_the_kernel(compiled: Compile, tmp_path: Path) -> None:
    inner = CType(STRUCT, 8, members=(Member("a", 0, _BYTE), Member("b", 4, _WORD)))
    members = [
        Member("first", 1, _BYTE),
        Member("wide", 4, _WORD),
        Member("narrow", 6, _BYTE),
        Member("inner", 8, CType(ARRAY, 16, length=2, item=inner)),
        Member("name", 24, CType(STRING, 5)),
    ]
    places = {"first": 1, "wide": 4, "narrow": 6, "inner[1].b": 20, "name": 24}
    checks = "".join(
        f'_Static_assert(__builtin_offsetof(struct s, {name}) == {at}, "{name}");\n' for name, at in places.items()
    )
    source = tmp_path / "s.c"
    source.write_text(f"#include <stdint.h>\n{c_struct('s', members, 32)}{checks}int main(void) {{ return 0; }}\n")
    assert compiled(source, tmp_path).stat().st_size
