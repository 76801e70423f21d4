"""vmlinux.h: made once for each kernel, by libbpf, as bpftool writes it."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.builder.compiler import types
from ebpfhub.client.builder.compiler.types import kernel_key, kernel_types
from ebpfhub.schemas.errors import StorageFailed, Unsupported


def test_header_has_the_kernel_s_types_with_core_relocations(cache: Path) -> None:
    text = (kernel_types(cache) / "vmlinux.h").read_text()
    assert text.startswith("#ifndef __VMLINUX_H__")
    assert text.endswith("#endif /* __VMLINUX_H__ */\n")
    assert "preserve_access_index" in text
    for words in ("struct task_struct {", "struct trace_event_raw_sys_enter {", "BPF_MAP_TYPE_RINGBUF"):
        assert words in text


def test_header_is_made_once_and_says_so(tmp_path: Path) -> None:
    told: list[str] = []
    first = kernel_types(tmp_path, progress=told.append)
    assert kernel_types(tmp_path, progress=told.append) == first
    assert first.name == kernel_key()
    assert len(told) == 1
    assert [path.name for path in first.iterdir()] == ["vmlinux.h"]


def test_headers_of_old_kernels_are_forgotten(tmp_path: Path) -> None:
    for number in range(6):
        old = tmp_path / "types" / f"old{number}"
        old.mkdir(parents=True)
        (old / "vmlinux.h").write_text("old")
    kept = kernel_types(tmp_path)
    assert kept.is_dir()
    assert len(list((tmp_path / "types").iterdir())) == types.MAX_KEPT


def test_unwritable_cache_is_said(tmp_path: Path) -> None:
    (tmp_path / "types").write_text("a file")
    with pytest.raises(StorageFailed):
        kernel_types(tmp_path)


def test_kernel_without_types_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(types, "KERNEL_BTF", tmp_path / "nothing")
    with pytest.raises(Unsupported) as caught:
        kernel_types(tmp_path)
    assert "CONFIG_DEBUG_INFO_BTF" in caught.value.needs
    assert list((tmp_path / "types").glob("*/*")) == []
