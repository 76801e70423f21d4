"""The types that come with ecli: whole, small, the same everywhere, and of both architectures."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.builder.architecture import Architecture
from ebpfhub.client.builder.vmlinux import shipped
from ebpfhub.client.builder.vmlinux.shipped import DATA, header, shipped_facts, shipped_types
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import StorageFailed

OWN = {Architecture.X86_64: "struct pt_regs {\n\tlong unsigned int r15;", Architecture.ARM64: "struct user_pt_regs {"}


@pytest.mark.parametrize("architecture", Architecture)
def test_header_is_whole_and_of_its_architecture(architecture: Architecture) -> None:
    text = header(architecture).decode()
    assert text.startswith("#ifndef __VMLINUX_H__")
    assert text.endswith("#endif /* __VMLINUX_H__ */\n")
    for words in ("struct task_struct {", "struct sock {", "struct bpf_iter__task {", OWN[architecture]):
        assert words in text
    assert architecture.oci in shipped_facts()[architecture].package


def test_header_is_unpacked_once_and_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    first = shipped_types(Architecture.ARM64, tmp_path, progress=told.append)
    assert shipped_types(Architecture.ARM64, tmp_path, progress=told.append) == first
    assert [line.split()[0] for line in told] == ["Unpacking"]
    assert Digest.of((first / "vmlinux.h").read_bytes()) == shipped_facts()[Architecture.ARM64].digest
    assert shipped_types(Architecture.X86_64, tmp_path) != first


def test_both_take_less_than_a_megabyte() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 1024 * 1024


def test_damaged_installation_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damaged = bytearray((DATA / "x86_64.h.zst").read_bytes())
    damaged[1000] ^= 1
    (tmp_path / "x86_64.h.zst").write_bytes(damaged)
    monkeypatch.setattr(shipped, "DATA", tmp_path)
    for architecture in Architecture:  # the second needs the first
        with pytest.raises(StorageFailed, match="damaged"):
            header(architecture)
