"""A program that differs from architecture to architecture is one package: every machine runs the object made for it.

Other machines are this one under another name (setarch(8)); their objects are checked, and not run.
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.architecture import own_architecture
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import PackageContents
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.schemas.oci import Manifest

from ..hubs import BIN, Ecli, RunningHub, ebpfhub
from ..mirrors import fsck, mirror_of, size_of

PROGRAM = """
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#ifdef __TARGET_ARCH_arm64
#define WIDTH 64
#else
#define WIDTH 86
#endif
struct event { int made_for; };
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(".maps");
SEC("raw_tp/sys_enter")
int enter(void *context) {
	struct event *event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event)
		return 0;
	event->made_for = WIDTH;
	bpf_ringbuf_submit(event, 0);
	return 0;
}
char LICENSE[] SEC("license") = "GPL";
"""
MADE_FOR = {"amd64": 86, "arm64": 64}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("widths") / "widths"
    folder.mkdir()
    (folder / "widths.bpf.c").write_text(PROGRAM)
    told = Ecli(folder.parent / "home").json("build", folder)
    assert told["architectures"] == ["amd64", "arm64"]
    return Path(told["files"][0]["path"])


@pytest.fixture(scope="module")
def released(hub: RunningHub, publisher: Ecli, built: Path) -> Any:
    return publisher.publish(hub, built)


def elsewhere(ecli: Ecli, *words: str) -> subprocess.CompletedProcess[str]:
    """Run ecli on a machine of another name: 32-bit x86."""
    env = {**os.environ, "ECLI_HOME": str(ecli.home)}
    command = ["setarch", "i686", str(BIN / "ecli"), *words]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)


def test_this_machine_runs_its_own_object(reader: Ecli, released: Any) -> None:
    printed = reader.run("run", "--verify", "--json", "--max-events", "1", "--timeout", "20s", "widths").stdout
    assert json.loads(printed) == {"made_for": MADE_FOR[own_architecture()]}


def test_unsigned_file_is_run_by_its_own_object(reader: Ecli, built: Path) -> None:
    printed = reader.run("run", "--json", "--max-events", "1", "--timeout", "20s", built).stdout
    assert json.loads(printed) == {"made_for": MADE_FOR[own_architecture()]}


def test_everybody_sees_for_whom_it_is(hub: RunningHub, reader: Ecli, released: Any) -> None:
    told = reader.json("inspect", "widths")
    assert told["architectures"] == ["amd64", "arm64"]
    assert [program["name"] for program in told["programs"]] == ["enter"]
    assert "for        amd64, arm64 only" in reader.run("inspect", "widths").stdout
    for name in ("x86-64", "arm64"):
        (found,) = reader.json("search", "widths", "--architecture", name)
        assert found["architectures"] == ["x86-64", "arm64"]
    page = hub.ask("/packages/library/widths").text
    assert "BPF object (zstd), amd64<" in page and "BPF object (zstd), arm64<" in page


def test_machine_without_an_object_is_told(reader: Ecli, released: Any) -> None:
    reader.run("pull", "widths")
    done = elsewhere(reader, "run", "widths")
    assert done.returncode == EXIT_CODES["unsupported"]
    assert "this program is for amd64 and arm64, and this machine is i686" in done.stderr
    assert elsewhere(reader, "verify", "widths").returncode == 0
    printed = reader.run("run", "--json", "--max-events", "1", "--timeout", "20s", "widths").stdout  # a shared home
    assert json.loads(printed) == {"made_for": MADE_FOR[own_architecture()]}


def test_mirror_and_archive_keep_every_object(hub: RunningHub, released: Any, tmp_path: Path) -> None:
    mirror = mirror_of(hub, tmp_path / "mirror")
    try:
        mirror.wait(size_of(hub))
        ebpfhub("export", mirror.hub.folder, tmp_path / "all.hubx")
    finally:
        mirror.hub.stop()
    assert fsck(mirror.hub) == ([], [])
    island = RunningHub.make(tmp_path / "island", origin="island.test", authority=False)
    ebpfhub("import", island.folder, tmp_path / "all.hubx", "--fingerprint", hub.fingerprint)
    assert fsck(island) == ([], [])


def test_manifest_that_names_others_than_the_config_is_refused(built: Path) -> None:
    contents = PackageFile.read(built.read_bytes()).contents
    objects = [layer for layer in contents.manifest.layers if layer.media_type == media.BPF_OBJECT]
    swapped = [replace(one, annotations=other.annotations) for one, other in zip(objects, objects[::-1], strict=True)]
    manifest = Manifest.make(artifact_type=media.PACKAGE, config=contents.manifest.config, layers=tuple(swapped))
    alone = Manifest.make(artifact_type=media.PACKAGE, config=contents.manifest.config, layers=(objects[1],))
    for other in (manifest, alone):
        with pytest.raises(BadInput, match="other architectures than the manifest has objects for"):
            PackageContents.open(other, contents.blobs)
