"""Files that are broken, cut, blown up, or put together by somebody else: refused, and nothing is loaded."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from ebpfhub.client.attestations import signatures
from ebpfhub.federation.package_file import PackageFile, Proof
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import PackageContents
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.signing.sign import bundle_manifest

from ..hubs import Ecli, RunningHub
from .machine import assert_one_message, refused

ZEROS = bytes(1 << 20)
BOMB = 300  # megabytes; 256 are allowed


def test_a_file_that_is_cut_short_is_refused_at_every_length(installed: Ecli, exported: Path, tmp_path: Path) -> None:
    data = exported.read_bytes()
    for length in (0, 3, 100, len(data) // 2, len(data) - 50):
        path = tmp_path / "cut.bpf"
        path.write_bytes(data[:length])
        says = "cut short" if length > 10 else "this is empty|nothing that ecli can run"
        refused(installed, "run", path, kind="bad-input", says=says)


def test_one_changed_byte_in_any_part_of_a_file_is_refused(hub: RunningHub, exported: Path, tmp_path: Path) -> None:
    """A byte of the tar, so that zstd's own checksum notices nothing. index.json only names what is checked anyway."""
    tar = bytearray(zstandard.ZstdDecompressor().decompress(exported.read_bytes()))
    places = _places(bytes(tar))
    assert len(places) > 8
    ecli = Ecli(tmp_path / "home")
    ecli.trust(hub)
    for name, place in places.items():
        tar[place] ^= 1
        path = tmp_path / "changed.bpf"
        path.write_bytes(zstandard.ZstdCompressor().compress(bytes(tar)))
        done = ecli.run("verify", path, expect=None)
        assert done.returncode in (2, 4), f"{name}: {done.returncode} {done.stdout} {done.stderr}"
        assert_one_message(done.stderr)
        tar[place] ^= 1


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("empty.o", b"\x7fELF"),
        ("noise.o", b"\x7fELF" + bytes(range(256)) * 8),
        ("mine.o", Path("/bin/true").read_bytes()),
    ],
)
def test_a_broken_or_foreign_elf_is_refused(installed: Ecli, tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    refused(installed, "run", tmp_path / name, kind="bad-input", says=name)
    refused(installed, "inspect", tmp_path / name, kind="bad-input", says="")


def test_a_cut_bpf_object_is_refused(installed: Ecli, package: Path, tmp_path: Path) -> None:
    whole = PackageFile.read(package.read_bytes()).contents.objects()[0]
    assert whole is not None
    for length in (64, 500, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.o").write_bytes(whole[:length])
        refused(installed, "run", tmp_path / "cut.o", kind="bad-input", says="cut.o")


def test_a_zip_bomb_is_refused_with_little_memory(installed: Ecli, tmp_path: Path) -> None:
    for known in (True, False):  # whether the frame states its size
        path = tmp_path / "bomb.bpf"
        compressor = zstandard.ZstdCompressor(write_content_size=known)
        size = BOMB * len(ZEROS) if known else -1
        with path.open("wb") as file, compressor.stream_writer(file, size=size) as writer:
            for _ in range(BOMB):
                writer.write(ZEROS)
        assert path.stat().st_size < len(ZEROS)
        limit = ("prlimit", f"--as={1 << 30}")
        refused(installed, "run", path, kind="bad-input", says="decompresses to more than", prefix=limit)


def test_a_bomb_inside_of_a_package_is_refused(installed: Ecli, package: Path, tmp_path: Path) -> None:
    contents = PackageFile.read(package.read_bytes()).contents
    bomb = zstandard.ZstdCompressor().compress(bytes(300 << 20))
    layer = Descriptor.of(media.BPF_OBJECT, bomb)
    manifest = Manifest.make(artifact_type=media.PACKAGE, config=contents.manifest.config, layers=(layer,))
    config = contents.manifest.config.digest
    made = PackageFile(PackageContents.open(manifest, {config: contents.blobs[config], layer.digest: bomb}))
    (tmp_path / "bomb.bpf").write_bytes(made.write())
    for command in ("run", "inspect"):
        refused(installed, command, tmp_path / "bomb.bpf", kind="bad-input", says="size of at most")


def _link(member: tarfile.TarInfo) -> None:
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"


def _hard_link(member: tarfile.TarInfo) -> None:
    member.type, member.linkname = tarfile.LNKTYPE, "oci-layout"


def _device(member: tarfile.TarInfo) -> None:
    member.type, member.devmajor, member.devminor = tarfile.CHRTYPE, 1, 5


def _fifo(member: tarfile.TarInfo) -> None:
    member.type = tarfile.FIFOTYPE


@pytest.mark.parametrize("change", [_link, _hard_link, _device, _fifo])
def test_a_tar_with_anything_but_plain_files_is_refused(
    installed: Ecli, exported: Path, tmp_path: Path, change: Callable[[tarfile.TarInfo], None]
) -> None:
    member = tarfile.TarInfo("blobs/sha256/" + "0" * 64)
    change(member)
    path = _with_members(exported, tmp_path, [(member, b"")])
    refused(installed, "run", "--verify", path, kind="bad-input", says="not a plain file")


def test_names_that_leave_the_archive_write_nothing(hub: RunningHub, exported: Path, tmp_path: Path) -> None:
    outside = [str(tmp_path / "written"), "../../../written", "a/../../written", "blobs/sha256/../../../written"]
    path = _with_members(exported, tmp_path, [(tarfile.TarInfo(name), b"written") for name in outside])
    ecli = Ecli(tmp_path / "home")
    ecli.trust(hub)
    ecli.run("verify", path)
    assert {item.name for item in tmp_path.iterdir()} == {"home", path.name}
    assert not list(ecli.home.rglob("written"))


def test_a_tar_of_a_thousand_files_is_refused(installed: Ecli, tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(1000):
            archive.addfile(tarfile.TarInfo(f"{number}"))
    path = tmp_path / "many.bpf"
    path.write_bytes(zstandard.ZstdCompressor().compress(out.getvalue()))
    refused(installed, "run", path, kind="bad-input", says="more than 512 files")


@pytest.fixture(scope="module")
def other(hub: RunningHub, publisher: Ecli, package: Path, tmp_path_factory: pytest.TempPathFactory) -> PackageFile:
    """Another signed and logged package of the same publisher, with all its proofs."""
    folder = tmp_path_factory.mktemp("other")
    publisher.publish(hub, package, "--version", "0.1.1-other")
    reader = Ecli(folder / "home")
    reader.trust(hub)
    reader.run("export", "opensnoop:0.1.1-other", "-o", folder / "other.bpf")
    return PackageFile.read((folder / "other.bpf").read_bytes())


def test_the_proofs_of_another_release_prove_nothing(
    installed: Ecli, exported: Path, other: PackageFile, tmp_path: Path
) -> None:
    mine = PackageFile.read(exported.read_bytes())
    assert mine.proof
    assert other.proof
    subject = Descriptor.of(media.OCI_MANIFEST, mine.contents.manifest.raw)
    (bundle,) = signatures(other)
    moved = bundle_manifest(bundle, subject)
    blobs = {moved.layers[0].digest: bundle, moved.config.digest: b"{}"}
    cases = {
        "signature": replace(mine, referrers=(moved,), blobs=blobs),
        "index|version|answer|release": replace(mine, proof=other.proof),
        "trust": replace(mine, proof=Proof(mine.proof.origin_note, mine.proof.answer, {})),
        "key|origin|note": replace(mine, proof=replace(mine.proof, origin_note=_forged(mine.proof.origin_note))),
    }
    said = set()
    for words, file in cases.items():
        path = tmp_path / "mixed.bpf"
        path.write_bytes(file.write())
        said.add(refused(installed, "run", "--verify", path, kind="not-trusted", says=words))
        refused(installed, "run", path, kind="not-trusted", says=words)  # what claims proofs must prove, asked or not
    assert len(said) == len(cases), "two attacks have the same message"


def test_an_unsigned_file_whose_proof_was_dropped_is_unsigned(installed: Ecli, exported: Path, tmp_path: Path) -> None:
    file = replace(PackageFile.read(exported.read_bytes()), proof=None)
    (tmp_path / "bare.bpf").write_bytes(file.write())
    refused(installed, "run", "--verify", tmp_path / "bare.bpf", kind="not-trusted", says="signed|proof")
    refused(installed, "verify", tmp_path / "bare.bpf", kind="not-trusted", says="proof")


def test_a_file_of_a_hub_that_is_not_trusted_is_refused(exported: Path, tmp_path: Path) -> None:
    said = refused(Ecli(tmp_path / "home"), "run", exported, kind="not-found", says="no hub is trusted")
    assert "ecli trust add" in said


def _forged(note: str) -> str:
    """The note with one character of its signature changed."""
    head, _, last = note.rstrip("\n").rpartition("\n")
    at = len(last) - 12
    return head + "\n" + last[:at] + ("A" if last[at] != "A" else "B") + last[at + 1 :] + "\n"


def _places(tar: bytes) -> dict[str, int]:
    """For each file in a tar, the place of a byte in its middle."""
    with tarfile.open(fileobj=io.BytesIO(tar), mode="r:") as archive:
        files = archive.getmembers()
    return {item.name: item.offset_data + item.size // 2 for item in files if item.name != "index.json"}


def _with_members(exported: Path, folder: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """The exported file with more members in its tar."""
    tar = io.BytesIO(zstandard.ZstdDecompressor().decompress(exported.read_bytes()))
    with tarfile.open(fileobj=tar, mode="a") as archive:
        for member, data in members:
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    path = folder / "more.bpf"
    path.write_bytes(zstandard.ZstdCompressor().compress(tar.getvalue()))
    return path
