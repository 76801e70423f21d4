"""Compiled modules on disk: used again, and never trusted more than they deserve."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ebpfhub.client.wasm.compiled import compiled
from ebpfhub.schemas.errors import BadInput
from wasmtime import wat2wasm

MODULE = bytes(wat2wasm('(module (func (export "one")))'))
OTHER = bytes(wat2wasm('(module (func (export "other")))'))


def exports(folder: Path, module: bytes = MODULE) -> list[str]:
    return [export.name for export in compiled(module, folder, where="test").exports]


def entry(folder: Path) -> Path:
    (only,) = folder.iterdir()
    return only


def test_a_compiled_module_is_kept_for_its_user_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "cache"
    assert exports(folder) == ["one"]
    kept = entry(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert kept.stat().st_mode & 0o777 == 0o600
    before = kept.stat()
    assert exports(folder) == ["one"]
    assert entry(folder).stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("damage", [b"", b"short", None])
def test_a_damaged_entry_is_compiled_anew(tmp_path: Path, damage: bytes | None) -> None:
    exports(tmp_path)
    kept = entry(tmp_path)
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-100] + bytes(100) if damage is None else damage)
    assert exports(tmp_path) == ["one"]
    assert entry(tmp_path).read_bytes()[:32] == whole[:32]


def test_an_entry_of_another_module_is_not_used(tmp_path: Path) -> None:
    exports(tmp_path)
    kept = entry(tmp_path)
    first = kept.name
    kept.unlink()
    exports(tmp_path, OTHER)
    entry(tmp_path).rename(tmp_path / first)
    assert exports(tmp_path) == ["one"]


@pytest.mark.parametrize("change", ["owner", "mode", "link", "folder mode", "folder owner", "file"])
def test_what_others_could_have_written_is_not_used(tmp_path: Path, change: str) -> None:
    folder = tmp_path / "cache"
    exports(folder)
    kept = entry(folder)
    foreign = tmp_path / "foreign"
    if change == "owner":
        os.chown(kept, 65534, 65534)
    elif change == "mode":
        kept.chmod(0o620)
    elif change == "link":
        kept.rename(foreign)
        kept.symlink_to(foreign)
    elif change == "folder mode":
        folder.chmod(0o777)
    elif change == "folder owner":
        os.chown(folder, 65534, 65534)
    else:
        folder.rename(foreign)
        folder.write_bytes(b"")
    before = kept.lstat() if change != "file" else None
    assert exports(folder) == ["one"]
    if change in ("owner", "mode", "link"):
        assert kept.lstat().st_ino != before.st_ino  # type: ignore[union-attr]
        assert kept.stat().st_uid == os.geteuid()


def test_a_thousand_modules_do_not_fill_the_disk(tmp_path: Path) -> None:
    for number in range(70):
        exports(tmp_path, bytes(wat2wasm(f'(module (func (export "f{number}")))')))
    assert len(list(tmp_path.iterdir())) == 64


def test_a_huge_module_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="larger"):
        exports(tmp_path, MODULE + bytes(32 * 1024 * 1024))
