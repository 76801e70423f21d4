"""Package files out of a recorded release: round trip, proofs, and files that somebody has tampered with."""

from __future__ import annotations

import io
import tarfile

import pytest
import zstandard
from ebpfhub.federation.package_file import PackageFile, Proof
from ebpfhub.schemas.contents import PackageContents
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.schemas.oci import Manifest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ...relay import flip
from .recorded import Origin


@pytest.fixture(scope="session")
def file(origin: Origin) -> PackageFile:
    """The first release with all its proofs."""
    (_, release) = origin.late.releases[0]
    manifest = Manifest.parse(origin.late.manifests[release.manifest])
    referrers = tuple(Manifest.parse(origin.late.manifests[digest]) for digest in release.referrers)
    blobs = {item.digest: origin.late.contents[item.digest] for held in referrers for item in held.blobs}
    contents = {item.digest: origin.late.contents[item.digest] for item in manifest.blobs}
    proof = Proof(origin.late.note_text, b"an answer", origin.late.trust)
    return PackageFile(PackageContents.open(manifest, contents), referrers, proof, blobs)


def files_of(data: bytes) -> dict[str, bytes]:
    raw = zstandard.ZstdDecompressor().stream_reader(data).read()
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        return {item.name: held.read() for item in tar.getmembers() if (held := tar.extractfile(item))}


def pack(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return zstandard.compress(out.getvalue())


def test_file_is_read_back_and_written_the_same(file: PackageFile) -> None:
    data = file.write()
    again = PackageFile.read(data)
    assert again == file
    assert again.write() == data
    assert len(again.bundles()) == 3  # of the manifest, its provenance and its SBOM
    assert PackageFile.read(pack(files_of(data))) == file


def test_every_changed_or_missing_part_is_noticed(file: PackageFile) -> None:
    files = files_of(file.write())
    for name, data in files.items():
        lacking = {key: held for key, held in files.items() if key != name}
        if name.startswith("blobs/") or name in ("oci-layout", "index.json"):
            with pytest.raises((BadInput, NotTrusted)):
                PackageFile.read(pack(lacking))
        else:
            assert PackageFile.read(pack(lacking)) != file
        if name.startswith(("blobs/", "federation/trust")):
            with pytest.raises((BadInput, NotTrusted)):
                PackageFile.read(pack(files | {name: flip(data)}))


def test_package_of_another_manifest_in_the_index_is_refused(file: PackageFile) -> None:
    files = files_of(file.write())
    twice = files["index.json"].replace(
        b'"manifests":[', b'"manifests":[{"digest":"sha256:%b","mediaType":"x","size":1},' % (b"0" * 64)
    )
    with pytest.raises(BadInput, match="lacks the manifest"):
        PackageFile.read(pack(files | {"index.json": twice}))


def test_sparse_files_of_gigabytes_are_refused_before_they_take_memory() -> None:
    """tarfile's reader would make a quarter of a gigabyte of each of these."""
    out = b""
    for number in range(200):
        member = tarfile.TarInfo(f"blobs/sha256/{number:064x}")
        member.type, member.size = tarfile.GNUTYPE_SPARSE, 0
        header = bytearray(member.tobuf(tarfile.GNU_FORMAT))
        header[483:495] = f"{256 << 20:011o}\0".encode()
        header[148:156] = b"        "
        header[148:156] = f"{sum(header):06o}\0 ".encode()
        out += bytes(header)
    with pytest.raises(BadInput, match="not a plain file"):
        PackageFile.read(zstandard.compress(out + bytes(1024)))


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_is_refused_or_changes_nothing_that_counts(file: PackageFile, data: st.DataObject) -> None:
    whole = file.write()
    inside = data.draw(st.booleans())
    raw = zstandard.ZstdDecompressor().stream_reader(whole).read() if inside else whole
    start = data.draw(st.integers(0, len(raw) - 1))
    junk = data.draw(st.binary(max_size=30))
    damaged = raw[:start] + junk + raw[start + data.draw(st.integers(0, 40)) :]
    try:
        read = PackageFile.read(zstandard.compress(damaged) if inside else damaged)
    except (BadInput, NotTrusted):
        return
    assert read.contents == file.contents or read.contents.manifest.digest == file.contents.manifest.digest
