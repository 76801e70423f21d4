"""On which processors a program runs: on all, unless it reads registers as one of them names them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.schemas.architecture import Architecture, architectures_of
from ebpfhub.schemas.bpf_object import BpfObject

PROBE = """
{struct};
__attribute__((section("{section}"), used)) int probe({context} *context) {{ return {read}; }}
"""


def _compiled(folder: Path, struct: str, read: str, section: str = "kprobe/do_unlinkat") -> BpfObject:
    source, target = folder / "probe.bpf.c", folder / "probe.o"
    source.write_text(PROBE.format(section=section, struct=struct, context=struct.partition("{")[0].strip(), read=read))
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "bpfel-freestanding", "-mcpu=v2", "-g", "-O2"]
    subprocess.run([*command, "-c", str(source), "-o", str(target)], check=True)
    return BpfObject.parse(target.read_bytes())


@pytest.mark.parametrize(
    ("struct", "read", "expected"),
    [
        ("struct pt_regs { long r15, di; }", "context->di", {Architecture.X86_64}),
        ("struct pt_regs { long rdi; }", "context->rdi", {Architecture.X86_64}),
        ("struct user_pt_regs { unsigned long regs[31]; }", "context->regs[1]", {Architecture.ARM64}),
        ("struct pt_regs { long epc; }", "context->epc", set(Architecture)),
        ("struct pt_regs", "context != 0", set(Architecture)),
        ("struct something { long di; }", "context->di", set(Architecture)),
    ],
)
def test_registers_tell_the_architecture(tmp_path: Path, struct: str, read: str, expected: set[Architecture]) -> None:
    assert set(architectures_of(_compiled(tmp_path, struct, read))) == expected


def test_registers_that_a_program_never_gets_tell_nothing(tmp_path: Path) -> None:
    made = _compiled(tmp_path, "struct pt_regs { long di; }", "context->di", section="xdp")
    assert set(architectures_of(made)) == set(Architecture)


def test_tools_that_others_built_for_this_machine_are_told_apart(tools: dict[str, bytes]) -> None:
    found = {name: set(architectures_of(BpfObject.parse(data))) for name, data in tools.items()}
    assert found["opensnoop"] == found["execsnoop"] == set(Architecture)
    assert found["tcpconnect"] == found["fsslower"] == {Architecture.X86_64}
