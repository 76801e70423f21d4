"""Programs that the verifier rejects, compiled as the builder does, once a session."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.compiler.compile import compile_source
from ebpfhub.client.builder.compiler.strip import strip_object
from ebpfhub.client.builder.compiler.toolchain import find_toolchain
from ebpfhub.client.builder.compiler.types import kernel_types
from ebpfhub.client.builder.source.usage import GENERATED

PROGRAMS = Path(__file__).parent / "programs"

Compile = Callable[[str], bytes]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of all builds of this session: types of this kernel, the compiler's own."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def compiled(cache: Path) -> Compile:
    """Compile and strip programs/NAME.bpf.c; the same name is answered from memory."""
    made: dict[str, bytes] = {}

    def compile_(name: str) -> bytes:
        if name not in made:
            file = f"{name}.bpf.c"
            raw = compile_source(
                (PROGRAMS / file).read_text(), file_name=file, folder=PROGRAMS, types=kernel_types(cache), cache=cache,
                toolchain=find_toolchain(),
            )  # fmt: skip
            made[name] = strip_object(raw.data, generated=GENERATED[0])
        return made[name]

    return compile_
