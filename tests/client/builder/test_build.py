"""Building: a whole package out of a folder, the same from everywhere."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.oci import Manifest
from ebpfhub.schemas.package import PackageConfig, check_package_manifest

from .conftest import OPENSNOOP

Write = Callable[..., Path]
BUILD = """
import sys
from pathlib import Path
from ebpfhub.client.builder.build import build_project
print(build_project(Path(sys.argv[1]), cache=Path(sys.argv[2])).manifest.digest)
"""


def test_package_is_whole_and_consistent(opensnoop: BuiltPackage) -> None:
    manifest = Manifest.parse(opensnoop.manifest.raw)
    check_package_manifest(manifest)
    for descriptor in manifest.blobs:
        data = opensnoop.blobs[descriptor.digest]
        assert (Digest.of(data), len(data)) == (descriptor.digest, descriptor.size)
    assert PackageConfig.parse(opensnoop.blobs[manifest.config.digest]) == opensnoop.config
    layer = manifest.layer(media.BPF_OBJECT)
    readme = manifest.layer(media.README)
    assert layer is not None
    assert readme is not None
    assert zstandard.ZstdDecompressor().decompress(opensnoop.blobs[layer.digest]) == opensnoop.object
    assert opensnoop.blobs[readme.digest].startswith(b"# opensnoop\n")
    assert len(opensnoop.blobs) == 3


def test_package_of_opensnoop_is_small(opensnoop: BuiltPackage) -> None:
    assert sum(map(len, opensnoop.blobs.values())) + len(opensnoop.manifest.raw) <= 12 * 1024


def test_kernel_takes_the_program(opensnoop: BuiltPackage, loads: Callable[[bytes], bool]) -> None:
    assert loads(opensnoop.object)


def test_same_files_give_the_same_package_from_other_folders_homes_and_caches(
    opensnoop: BuiltPackage, tmp_path: Path
) -> None:
    digests = set()
    for number in ("one", "two/deeper"):
        folder, home = tmp_path / number / "opensnoop", tmp_path / number / "home"
        home.mkdir(parents=True)
        shutil.copytree(OPENSNOOP, folder)
        environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "LANG": "de_DE.UTF-8", "TZ": "Asia/Tokyo"}
        command = [sys.executable, "-c", BUILD, str(folder), str(home / "cache")]
        done = subprocess.run(command, env=environment, cwd=home, check=True, capture_output=True, text=True)
        digests.add(done.stdout.strip())
    assert digests == {opensnoop.manifest.digest}


def test_relative_folder_is_built(project: Write, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = project("", "struct event { int a; };\n")
    expected = build_project(folder, cache=cache).manifest.digest
    monkeypatch.chdir(folder)
    assert build_project(Path(), cache=cache).manifest.digest == expected


def test_folder_reached_by_a_link_gives_the_same_package(project: Write, cache: Path, tmp_path: Path) -> None:
    folder = project("", "struct event { int a; };\n")
    (tmp_path / "link").symlink_to(folder)
    assert build_project(tmp_path / "link", cache=cache).manifest == build_project(folder, cache=cache).manifest


def test_name_and_version_can_be_given(project: Write, cache: Path) -> None:
    folder = project("", config='{"namespace": "acme", "name": "tool", "version": "1.0.0"}')
    for text, expected in (
        ("", ("acme", "tool", "1.0.0")),
        ("other", ("acme", "other", "1.0.0")),
        ("other:2.0.0", ("acme", "other", "2.0.0")),
        ("me/other:2.0.0", ("me", "other", "2.0.0")),
    ):
        config = build_project(folder, cache=cache, reference=text).config
        assert (config.namespace, config.name, config.version) == expected


@pytest.mark.parametrize("reference", ["other:nightly", "hub.example.org/me/x:1.0.0", "A"])
def test_unfit_names_are_refused(reference: str, project: Write, cache: Path) -> None:
    with pytest.raises(BadInput):
        build_project(project(""), cache=cache, reference=reference)


def test_description_and_version_come_from_the_licence_s_comment(project: Write, cache: Path) -> None:
    tail = """
SEC("raw_tp/sys_enter")
int enter(void *context) { return 0; }
/// @brief Does nothing
/// @version 3.2.1
char LICENSE[] SEC("license") = "GPL";
"""
    config = build_project(project("", tail=tail), cache=cache).config
    assert (config.description, config.version) == ("Does nothing", "3.2.1")


def test_own_vmlinux_h_is_taken_first(project: Write, cache: Path, tmp_path: Path) -> None:
    folder = project("")
    (folder / "vmlinux.h").write_text('#error "my own"\n')
    with pytest.raises(BadInput, match=r"vmlinux\.h:1:2: error: \"my own\""):
        build_project(folder, cache=cache)


def test_project_in_a_read_only_folder_is_built(project: Write, cache: Path) -> None:
    folder = project("")
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    build_project(folder, cache=cache)
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_progress_is_told(project: Write, tmp_path: Path) -> None:
    told: list[str] = []
    build_project(project(""), cache=tmp_path / "cache", progress=told.append)
    assert [text.split()[0] for text in told] == ["Unpacking", "Compiling"]
