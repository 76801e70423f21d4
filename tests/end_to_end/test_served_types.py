"""A kernel without BTF: its types come from an archive that a hub serves, verified as any package, or not at all.

The kernel's own types are hidden from `ecli` by a mount of its own, so that libbpf finds none either.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.kernel_types.archive import path_of
from ebpfhub.client.kernel_types.this_system import this_system
from ebpfhub.client.publish import HubSession, publish
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.federation.transport import Transport
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import PackageContents
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.elf import ElfObject
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.schemas.kernel_types import KERNEL
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.schemas.package import PackageConfig

from ..hubs import ADMIN, Ecli, RunningHub, ebpfhub
from ..liar import Liar, changed_byte
from ..mirrors import copied, fsck, mirror_of, size_of
from .machine import _PROBE, Opener, rows, under

HERE = this_system()
OTHERS = tuple(HERE._replace(release=release) for release in ("1.2.0-near", "1.2.0-nearer", "9.9.9-far"))
NO_TYPES = (
    "unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /sys/kernel/btf && exec "$@"', "sh",
)  # fmt: skip
ATTACKER = Path(__file__).parents[2] / "examples" / "demo" / "attacker.py"
NO_NETWORK = ("unshare", "--net")


@dataclass(frozen=True, slots=True)
class Archive:
    """What the hub has released as library/kernel-types 1.0.0; `layer` is the blob for this kernel."""

    file: Path
    layer: str
    described: dict[str, Any]


@pytest.fixture(scope="module")
def folder(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """This kernel's types, and those of three others, which are some BTF."""
    folder = tmp_path_factory.mktemp("btfhub")
    section = ElfObject.parse(PackageFile.read(package.read_bytes()).contents.objects()[0]).section(".BTF")
    assert section is not None
    for system in (HERE, *OTHERS):
        path = folder / path_of(system)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(section.data))
    shutil.copyfile("/sys/kernel/btf/vmlinux", folder / path_of(HERE))
    return folder


@pytest.fixture(scope="module")
def archive(hub: RunningHub, publisher: Ecli, folder: Path) -> Archive:
    """Built and released as an administrator does it; and `others`, which lacks this kernel."""
    file = folder / "kernel-types-1.0.0.bpf"
    told = publisher.run("build-types", folder, "kernel-types:1.0.0", "-o", file).stdout
    assert "built library/kernel-types:1.0.0\n" in told and "Types of 4 kernels without BTF" in told
    assert publisher.publish(hub, file)["name"] == "library/kernel-types"
    words = ("--only", "*/*-near*", "--only", "*/9.9.9-far", "-o", folder / "others.bpf", "--json")
    told = json.loads(publisher.run("build-types", folder, "others:1.0.0", *words).stdout)
    assert told["package"] == "library/others" and sorted(told["kernels"]) == sorted(item.name for item in OTHERS)
    publisher.publish(hub, folder / "others.bpf")
    reader = Ecli(folder / "home")
    reader.trust(hub)
    told = reader.json("inspect", "kernel-types")
    (layer,) = [item["digest"] for item in told["kernels"] if item["release"] == HERE.release]
    return Archive(file, layer, told)


def run(ecli: Ecli, *prefix: str, pid: int, expect: int | None = 0) -> Any:
    words = ("run", "--json", "--max-events", 2, "--timeout", "60s", "opensnoop", "--pid", pid)
    return under(ecli, *NO_TYPES, *prefix, words=words, expect=expect)


def refused(ecli: Ecli, kind: str) -> str:
    """Run without types, which must be refused before anything is loaded; returns the message's first line."""
    with tempfile.NamedTemporaryFile(mode="r") as trace:
        watch = ("strace", "--follow-forks", "--quiet=all", "--trace=bpf", "--seccomp-bpf", f"--output={trace.name}")
        done = run(ecli, *watch, pid=1, expect=EXIT_CODES[kind])
        assert not [line for line in trace if "BPF_PROG_LOAD" in line and not _PROBE.search(line)]
    assert "Traceback" not in done.stderr and not done.stdout
    assert not list((ecli.home / "fitted").glob("*"))
    told: str = done.stderr
    return " ".join(told[told.rindex("ecli: ") :].split())


def settings(ecli: Ecli, *names: str) -> None:
    ecli.home.mkdir(exist_ok=True)
    (ecli.home / "ecli.toml").write_text(f"[kernel_types]\narchives = {json.dumps(names)}\n")


@pytest.fixture
def between(hub: RunningHub, archive: Archive, tmp_path: Path) -> Iterator[tuple[Ecli, Liar]]:
    """A reader with opensnoop installed, for whom a liar is the hub."""
    ecli = Ecli(tmp_path / "home")
    with Liar.before(hub.url) as liar:
        ecli.run("trust", "add", liar.url, "--fingerprint", hub.fingerprint)
        ecli.run("pull", "opensnoop")
        yield ecli, liar


def test_types_are_fetched_once_and_the_program_shows_real_events(
    between: tuple[Ecli, Liar], archive: Archive, opener: Opener
) -> None:
    ecli, liar = between
    done = run(ecli, pid=opener.pid)
    assert {json.loads(line)["pid"] for line in done.stdout.splitlines()} == {opener.pid}
    assert "installed hub.test/library/kernel-types:latest 1.0.0 by admin@example.org" in done.stderr
    assert f"fetching the types of {HERE} " in done.stderr
    blobs = [path for path in liar.asked if "/library/kernel-types/blobs/" in path]
    assert sum(archive.layer in path for path in blobs) == 1
    assert len(blobs) == 4, "config, the bundle with its own, and of four kernels this one"
    (small,) = (ecli.home / "fitted").iterdir()
    assert small.stat().st_size < 4096
    again = run(ecli, *NO_NETWORK, pid=opener.pid)
    assert len(again.stdout.splitlines()) == 2 and not again.stderr
    assert not list((ecli.home / "plans").glob("*")), "the next kernel without BTF must not run by this one's types"
    small.unlink()
    assert len(run(ecli, *NO_NETWORK, pid=opener.pid).stdout.splitlines()) == 2, "what was fetched is kept"


def test_an_unsigned_program_gets_them_from_the_default_origin(
    hub: RunningHub, archive: Archive, package: Path, tmp_path: Path, opener: Opener
) -> None:
    ecli = Ecli(tmp_path / "home")
    ecli.trust(hub)
    words = ("run", "--max-events", 1, "--timeout", "60s", package, "--pid", opener.pid)
    assert len(rows(under(ecli, *NO_TYPES, words=words).stdout)) == 1


def test_a_kernel_with_btf_asks_for_none(between: tuple[Ecli, Liar], opener: Opener) -> None:
    ecli, liar = between
    ecli.run("run", "--max-events", 1, "--timeout", "60s", "opensnoop", "--pid", opener.pid)
    assert not [path for path in liar.asked if "kernel-types" in path]


def test_a_changed_layer_is_refused(between: tuple[Ecli, Liar], archive: Archive) -> None:
    ecli, liar = between
    liar.lies[f"/blobs/{archive.layer}"] = changed_byte
    said = refused(ecli, "not-trusted")
    assert "check 'blob' failed" in said and f"the blob {archive.layer} holds other bytes" in said
    assert not list((ecli.home / "kernels").glob("*"))


def test_a_changed_file_in_the_cache_is_fetched_again(
    between: tuple[Ecli, Liar], archive: Archive, opener: Opener
) -> None:
    ecli, _ = between
    run(ecli, pid=opener.pid)
    shutil.rmtree(ecli.home / "fitted")
    (kept,) = (ecli.home / "kernels").iterdir()
    kept.write_bytes(kept.read_bytes()[:-1] + b"x")
    assert "fetching the types" in run(ecli, pid=opener.pid).stderr
    assert Digest.of(kept.read_bytes()) == archive.layer


def test_a_changed_manifest_is_refused_wherever_it_was_changed(
    between: tuple[Ecli, Liar], archive: Archive, opener: Opener
) -> None:
    ecli, liar = between
    liar.lies["/library/kernel-types/manifests/"] = changed_byte
    assert "check 'manifest' failed" in refused(ecli, "not-trusted")
    liar.lies.clear()
    run(ecli, pid=opener.pid)
    shutil.rmtree(ecli.home / "fitted")
    receipt = json.loads((ecli.home / "receipts/hub.test/library/kernel-types/latest.json").read_bytes())
    others = json.loads(ecli.run("verify", "others", "--json").stdout)
    manifest, other = (receipt["manifest"][7:], others["manifest"][7:])
    shutil.copyfile(ecli.home / "packages" / other / "package.bpf", ecli.home / "packages" / manifest / "package.bpf")
    assert "check 'receipt' failed" in refused(ecli, "not-trusted")


def test_who_owns_the_hubs_disk_cannot_replace_the_types(
    hub: RunningHub, publisher: Ecli, archive: Archive, tmp_path: Path
) -> None:
    """Blobs, manifest, entry, log and map agree with each other again, by the hub's own keys: but not the signature."""
    evil = tmp_path / "btf" / path_of(HERE)
    evil.parent.mkdir(parents=True)
    shutil.copyfile(archive.file.parent / path_of(OTHERS[0]), evil)
    publisher.run("build-types", tmp_path / "btf", "kernel-types:1.0.0", "-o", tmp_path / "evil.bpf")
    hub.stop()
    fake = copied(hub, tmp_path / "fake")
    hub.start()
    subprocess.run([sys.executable, "-P", ATTACKER, fake.folder, tmp_path / "evil.bpf"], check=True, timeout=120)
    ecli = Ecli(tmp_path / "home")
    with fake.serving():
        ecli.trust(fake)
        ecli.run("pull", "opensnoop")
        said = refused(ecli, "not-trusted")
    assert "check 'digests' failed: the signature is for sha256:" in said
    assert not list((ecli.home / "receipts").rglob("kernel-types"))


def test_nobody_else_releases_an_archive_in_a_namespace(hub: RunningHub, archive: Archive, tmp_path: Path) -> None:
    other = Ecli(tmp_path / "other")
    other.login(hub, hub.token("mallory@example.org"))
    done = other.run("publish", archive.file, "--to", hub.url, "--version", "6.6.6", expect=EXIT_CODES["denied"])
    assert "library" in done.stderr


def test_a_kernel_that_the_archive_lacks_is_told_which_are_near(between: tuple[Ecli, Liar]) -> None:
    ecli, _ = between
    settings(ecli, "library/others")
    said = refused(ecli, "unsupported")
    assert f"this kernel has no BTF, and hub.test/library/others has no types for {HERE}" in said
    assert all(str(system) in said for system in OTHERS)
    assert "BTF_FILE_PATH" in said


def test_archives_are_looked_through_in_the_order_of_the_settings(between: tuple[Ecli, Liar], opener: Opener) -> None:
    ecli, _ = between
    settings(ecli, "library/nosuch", "library/others", "library/kernel-types")
    assert len(run(ecli, pid=opener.pid).stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("names", "kind", "says"),
    [
        ((), "unsupported", "so the program cannot be fitted to kernel"),
        (("library/nosuch",), "unsupported", "hub.test has no library/nosuch"),
        (("library/opensnoop",), "bad-input", "is a program, and no archive of kernel types"),
        (("other.test/library/kernel-types",), "not-found", "the origin other.test is not trusted"),
        (("Not A Name",), "bad-input", "'Not A Name' is not a package name"),
    ],
)
def test_what_cannot_be_asked_is_said(between: tuple[Ecli, Liar], names: tuple[str, ...], kind: str, says: str) -> None:
    ecli, _ = between
    settings(ecli, *names)
    assert says in refused(ecli, kind)


def test_a_hub_that_is_away_is_said(between: tuple[Ecli, Liar]) -> None:
    ecli, _ = between
    settings(ecli, "library/kernel-types")
    ecli.run("pull", "opensnoop")
    under(ecli, *NO_TYPES, *NO_NETWORK, words=("run", "opensnoop"), expect=EXIT_CODES["peer-failed"])
    done = run(ecli, *NO_NETWORK, pid=1, expect=EXIT_CODES["peer-failed"])
    assert "this kernel has no BTF, and its types cannot be fetched: " in done.stderr


def test_an_archive_is_shown_and_does_not_run(between: tuple[Ecli, Liar], archive: Archive) -> None:
    ecli, _ = between
    assert (
        "holds kernel types, and no program" in ecli.run("run", "kernel-types", expect=EXIT_CODES["bad-input"]).stderr
    )
    assert "holds kernel types" in ecli.run("run", archive.file, expect=EXIT_CODES["bad-input"]).stderr
    assert f"kernel     {HERE}" in ecli.run("inspect", "kernel-types").stdout
    assert f"kernel     {HERE}" in ecli.run("inspect", archive.file).stdout
    assert ADMIN in archive.described["publisher"] and len(archive.described["kernels"]) == 4
    assert ecli.json("verify", "kernel-types")["verified"]
    assert "each of 4 kernels when it is fetched" in ecli.run("verify", "kernel-types").stdout
    assert "ebpfhub export" in ecli.run("export", "kernel-types", expect=EXIT_CODES["unsupported"]).stderr
    assert "kernel-types" in ecli.run("search", "kernel").stdout


@pytest.mark.parametrize(("language", "says"), [("en", "Not a program"), ("zh", "这不是程序")])
def test_the_hubs_page_lists_the_kernels(hub: RunningHub, archive: Archive, language: str, says: str) -> None:
    reply = hub.ask("/packages/library/kernel-types", headers={"Accept": "text/html", "Accept-Language": language})
    assert reply.status == 200 and says in reply.text
    assert all(system.release in reply.text for system in (HERE, *OTHERS))
    assert "ecli inspect kernel-types" in reply.text and "ecli run --verify kernel-types" not in reply.text
    front = hub.ask("/", headers={"Accept": "text/html", "Accept-Language": language})
    assert "ecli run --verify opensnoop" in front.text, "the newest package is no program"


def test_a_mirror_serves_them(hub: RunningHub, archive: Archive, tmp_path: Path, opener: Opener) -> None:
    mirror = mirror_of(hub, tmp_path / "mirror")
    try:
        mirror.wait(size_of(hub))
        ecli = Ecli(tmp_path / "home")
        ecli.run("trust", "add", mirror.hub.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
        assert len(run(ecli, pid=opener.pid).stdout.splitlines()) == 2
    finally:
        mirror.hub.stop()
    assert mirror.hub.blob(archive.layer).is_file()
    assert fsck(mirror.hub) == ([], [])


def test_they_cross_an_air_gap_and_fsck_misses_a_lost_one(hub: RunningHub, archive: Archive, tmp_path: Path) -> None:
    ebpfhub("export", hub.folder, tmp_path / "all.hubx")
    island = RunningHub.make(tmp_path / "island", origin="island.test", authority=False)
    ebpfhub("import", island.folder, tmp_path / "all.hubx", "--fingerprint", hub.fingerprint)
    assert fsck(island) == ([], [])
    island.blob(archive.layer).unlink()
    (fault,) = fsck(island)[0]
    assert "library/kernel-types:1.0.0" in fault and archive.layer in fault


async def test_a_hub_takes_only_what_could_be_types(hub: RunningHub, publisher: Ecli) -> None:
    token = hub.token(ADMIN, role="admin")
    config = PackageConfig("library", "junk", "1.0.0").to_json()
    junk = b"no zstd"
    manifest = Manifest.make(
        artifact_type=media.KERNEL_TYPES,
        config=Descriptor.of(media.PACKAGE_CONFIG, config),
        layers=(Descriptor.of(media.KERNEL_BTF, junk, **{KERNEL: HERE.name}),),
    )
    blobs = {Digest.of(data): data for data in (config, junk)}
    async with Transport() as transport:
        session = HubSession(transport, hub.url, token)
        with pytest.raises(BadInput, match="zstd"):
            await publish(PackageFile(PackageContents.open(manifest, blobs)), session, progress=lambda _: None)
        del blobs[Digest.of(junk)]
        with pytest.raises(BadInput, match="lacks 1 kernels"):
            await publish(PackageFile(PackageContents.open(manifest, blobs)), session, progress=lambda _: None)
