"""Projects built for real, one cache for the session, and libbpf's verdict on what came of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.loader.libbpf import Library

OPENSNOOP = Path(__file__).resolve().parents[2] / "packages" / "opensnoop"
Write = Callable[..., Path]
Loads = Callable[[bytes], bool]

HEAD = """#include "vmlinux.h"
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
"""
TAIL = """
SEC("raw_tp/sys_enter")
int enter(void *context) { return 0; }
char LICENSE[] SEC("license") = "GPL";
"""


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cache of all builds of this session: types of this kernel, the compiler's own."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def project(tmp_path: Path) -> Write:
    """Write a project `demo` with a program between the usual head and tail."""

    def write(body: str, header: str = "", config: str = "", *, tail: str = TAIL) -> Path:
        folder = tmp_path / "project"
        folder.mkdir(exist_ok=True)
        include = '#include "demo.h"\n' if header else ""
        (folder / "demo.bpf.c").write_text(HEAD + include + body + tail)
        if header:
            (folder / "demo.h").write_text(header)
        if config:
            (folder / "config.json").write_text(config)
        return folder

    return write


@pytest.fixture(scope="session")
def opensnoop(cache: Path) -> BuiltPackage:
    """A package with options, a map and a ring buffer, built."""
    return build_project(OPENSNOOP, cache=cache)


@pytest.fixture(scope="session")
def loads() -> Loads:
    """Whether libbpf and the kernel's verifier take an object."""
    library = Library()

    def ask(data: bytes) -> bool:
        opened = library.open(data, name="test")
        try:
            return int(library.call("bpf_object__load", opened)) == 0
        finally:
            library.call("bpf_object__close", opened)

    return ask
