"""Real BPF objects, compiled once a session, and the running kernel's types."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from ebpfhub.client.builder.compiler.compile import compile_source
from ebpfhub.client.builder.compiler.strip import strip_object
from ebpfhub.client.builder.compiler.toolchain import find_toolchain
from ebpfhub.client.builder.compiler.types import kernel_types

PROGRAMS = Path(__file__).parent / "programs"
Compiled = Callable[[str], bytes]


@pytest.fixture(scope="session")
def kernel_btf() -> bytes:
    """The running kernel's types."""
    return Path("/sys/kernel/btf/vmlinux").read_bytes()


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Compiled:
    """Compile programs/NAME.bpf.c, as a package has it."""
    folder = tmp_path_factory.mktemp("objects")

    @cache
    def make(name: str) -> bytes:
        source = f"{name}.bpf.c"
        return strip_object(
            compile_source(
                (PROGRAMS / source).read_text(), file_name=source, folder=folder, types=kernel_types(folder), cache=folder,
                toolchain=find_toolchain(),
            ).data,
            generated="__keep_",
        )  # fmt: skip

    return make
