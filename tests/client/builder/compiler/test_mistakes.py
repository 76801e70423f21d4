"""Well-known mistakes of beginners: each program of mistakes/ is compiled, and its error says where and what to do.

A program's first line holds what the help must say; `here` marks the line that the error must name.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ebpfhub.client.builder.compiler.compile import compile_source
from ebpfhub.client.builder.compiler.diagnostics import failure, located, read_diagnostics
from ebpfhub.client.builder.compiler.toolchain import find_toolchain
from ebpfhub.client.builder.compiler.types import kernel_types
from ebpfhub.client.failure import report
from ebpfhub.client.output.text import columns
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

MISTAKES = Path(__file__).parent / "mistakes"
HERE = "/* here */"


@pytest.mark.parametrize("name", sorted(path.name for path in MISTAKES.iterdir()))
def test_mistake_is_shown_where_it_is_and_with_what_to_do(
    name: str, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = (MISTAKES / name).read_text()
    line = next(number for number, text in enumerate(source.splitlines(), 1) if HERE in text)
    wanted = re.fullmatch(r"/\* help: (.*) \*/", source.splitlines()[0])
    assert wanted
    with pytest.raises(BadInput) as caught:
        compile_source(
            source, file_name=name, folder=MISTAKES, types=kernel_types(cache), cache=cache, toolchain=find_toolchain()
        )
    report(caught.value)
    told = capsys.readouterr().err
    assert re.search(rf"(?:^|from |/){re.escape(name)}:{line}\b", told, re.MULTILINE), told
    helped = re.findall(r"^  help: .*(?:\n        \S.*)*", told, re.MULTILINE)
    assert any(wanted[1] in " ".join(text.split()) for text in helped), told
    assert len(set(helped)) == len(helped), "the same is said twice"
    assert "\\x09" not in told
    assert all(columns(line) <= 80 for text in helped for line in text.splitlines())


# What other compilers than the one of these tests print, from clang 14 of Debian 12
CLANG_14 = (
    (
        "demo.bpf.c:7:2: error: implicitly declaring library function 'printf' with type 'int (const char *, ...)' "
        "[-Werror,-Wimplicit-function-declaration]",
        "demo.bpf.c:7:2",
        "bpf_printk",
    ),
    (
        "demo.bpf.c:8:9: error: implicit declaration of function 'bpf_htons' is invalid in C99 "
        "[-Werror,-Wimplicit-function-declaration]",
        "demo.bpf.c:8:9",
        "bpf_endian.h",
    ),
    (
        "demo.bpf.c:7:5: error: Looks like the BPF stack limit of 512 bytes is exceeded. Please move large on stack "
        "variables into BPF per-cpu array map.",
        "demo.bpf.c:7:5",
        "512 bytes",
    ),
    (
        "fatal error: error in backend: Cannot select: 0x346ff9b8: i64 = sdiv 0x346ffa20, 0x346ffa88, demo.bpf.c:8:11",
        "demo.bpf.c:8:11",
        "unsigned",
    ),
    ("fatal error: error in backend: Unsupported dynamic stack allocation", "demo.bpf.c", "constant"),
    ("demo.bpf.c:6:23: error: defined with too many args", "demo.bpf.c:6:23", "at most 5"),
    ("demo.bpf.c:7:30: error: functions with VarArgs or StructRet are not supported", "demo.bpf.c:7:30", "pointer"),
)


@pytest.mark.parametrize(("line", "place", "help_"), CLANG_14, ids=[help_ for *_, help_ in CLANG_14])
def test_what_an_older_clang_prints_is_known_too(line: str, place: str, help_: str, tmp_path: Path) -> None:
    found = [located(item, tmp_path, types=tmp_path) for item in read_diagnostics(line, file_name="demo.bpf.c")]
    told = str(failure(found, line, where="demo"))
    assert f"\n{place}: error: " in told
    assert help_ in " ".join(told.partition("  help: ")[2].split())


@given(st.text(max_size=400))
def test_any_output_of_a_compiler_makes_an_error(output: str) -> None:
    for text in (output, f"x.c:1:2: error: {output}", f"fatal error: error in backend: {output}"):
        found = list(read_diagnostics(text, file_name="x.c"))
        assert str(failure(found, text, where="demo")).startswith("demo: ")
