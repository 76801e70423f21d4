"""Archives: what is written is read back, only what is new travels, and a hostile one changes nothing."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard
from ebpfhub.federation.sync.archive_format import Part, write_description
from ebpfhub.federation.sync.archive_reader import peek, unpack
from ebpfhub.federation.sync.archive_writer import write_archive
from ebpfhub.schemas.errors import BadInput, HubError, NotFound, NotTrusted, PeerFailed, StorageFailed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ...relay import flip
from ..log_fixtures import ORIGIN
from .recorded import Local, Origin

Files = list[tuple[tarfile.TarInfo, bytes]]


@dataclass(frozen=True)
class Archives:
    """The origin late as one archive, early as another, and what came between."""

    whole: Path
    early: Path
    news: Path
    since: int


@pytest.fixture
async def archives(origin: Origin, local: Local, tmp_path: Path) -> Archives:
    made = Archives(tmp_path / "whole.hubx", tmp_path / "early.hubx", tmp_path / "news.hubx", origin.early.size)
    await local.pull(origin.early)
    write_archive(made.early, [local.exported()], local.store)
    await local.pull(origin.late)
    write_archive(made.whole, [local.exported()], local.store)
    write_archive(made.news, [local.exported(since=made.since)], local.store)
    return made


@pytest.fixture
def island(origin: Origin, tmp_path: Path) -> Local:
    """A hub that never saw a network."""
    (tmp_path / "island").mkdir()
    return Local(tmp_path / "island", origin.fingerprint)


async def take(island: Local, path: Path) -> int:
    """What an import does with one archive, for an origin that is pinned. Returns the number of new entries."""
    ((part, _),) = peek(path)
    assert part.since <= island.replica.head.size
    with tempfile.TemporaryDirectory() as folder:
        (source,) = unpack(path, Path(folder))
        await island.pull(source, may_be_older=True, dry=True)
        return (await island.pull(source, may_be_older=True)).entries


def files_of(path: Path) -> Files:
    data = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        members = tar.getmembers()
        return [(member, held.read() if (held := tar.extractfile(member)) else b"") for member in members]


def names_of(path: Path) -> set[str]:
    return {member.name for member, _ in files_of(path)}


def blobs_of(path: Path) -> set[str]:
    return {name for name in names_of(path) if name.startswith("blobs/")}


def pack(path: Path, files: Files, *, form: int = tarfile.USTAR_FORMAT) -> Path:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as tar:
        for member, data in files:
            if member.isreg():
                member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    path.write_bytes(zstandard.ZstdCompressor().compress(out.getvalue()))
    return path


def changed(files: Files, part: str, change: Callable[[bytes], bytes]) -> Files:
    assert any(part in member.name for member, _ in files), part
    return [(member, change(data) if part in member.name else data) for member, data in files]


def damage(path: Path) -> None:
    path.write_bytes(flip(path.read_bytes()))


def evil_files(folder: Path) -> set[Path]:
    assert not Path("/etc/evil").exists()
    return set(folder.rglob("*evil*"))


async def refused(island: Local, path: Path, says: str = "", *, kind: type[HubError] = HubError) -> None:
    before = island.state()
    with pytest.raises(kind, match=says or None):
        await take(island, path)
    assert island.state() == before


async def test_everything_comes_through_an_archive(origin: Origin, archives: Archives, island: Local) -> None:
    ((part, note),) = peek(archives.whole)
    assert (part.origin, part.since, part.size, note) == (ORIGIN, 0, origin.late.size, origin.late.note_text)
    assert await take(island, archives.whole) == origin.late.size
    assert island.replica.shown.size == origin.late.size
    for digest in (*origin.late.manifests, *origin.late.contents):
        assert island.store.verify(digest)


async def test_only_what_is_new_travels(origin: Origin, archives: Archives, island: Local) -> None:
    new = (
        (set(origin.late.manifests) | set(origin.late.contents))
        - set(origin.early.manifests)
        - set(origin.early.contents)
    )
    assert blobs_of(archives.news) == {f"blobs/sha256/{digest.hex}" for digest in new}
    assert archives.news.stat().st_size < archives.whole.stat().st_size
    assert f"entries/{archives.since}" in "".join(names_of(archives.news))
    await take(island, archives.early)
    assert await take(island, archives.news) == origin.late.size - archives.since
    assert island.replica.shown.size == origin.late.size


async def test_repeated_and_older_archives_change_nothing(origin: Origin, archives: Archives, island: Local) -> None:
    await take(island, archives.whole)
    before = island.state()
    for path in (archives.whole, archives.early, archives.news, archives.whole):
        assert await take(island, path) == 0
        assert island.state() == before


async def test_archive_is_an_oci_layout(archives: Archives, origin: Origin, tmp_path: Path) -> None:
    files = {member.name: data for member, data in files_of(archives.whole)}
    assert b"imageLayoutVersion" in files["oci-layout"]
    for _, release in origin.late.releases:
        assert release.manifest.encode() in files["index.json"]


async def test_news_without_what_came_before_are_refused(archives: Archives, island: Local) -> None:
    with tempfile.TemporaryDirectory() as folder:
        (source,) = unpack(archives.news, Path(folder))
        before = island.state()
        with pytest.raises(HubError):
            await island.pull(source, may_be_older=True)
        assert island.state() == before


@pytest.mark.parametrize(
    ("part", "change", "says"),
    [
        ("/checkpoint", flip, ""),
        ("/origin", flip, ""),
        ("/trust/", flip, "trusted root"),
        ("/entries/", flip, ""),
        ("blobs/", flip, "other bytes than its digest says"),
        ("archive.json", lambda data: data.replace(ORIGIN.encode(), b"hub.example.net"), ""),
        ("archive.json", lambda data: data.replace(b'"v":1', b'"v":2'), "later version"),
        ("archive.json", lambda _: b'{"v":1,"origins":[]}', ""),
        ("archive.json", lambda _: b"[" * 100_000, ""),
        ("/checkpoint", lambda _: b"\xff" * 100, "UTF-8"),
        ("/origin", lambda _: b"x" * 70_000, "too large"),
    ],
)
async def test_changed_archive_is_refused(
    archives: Archives, island: Local, tmp_path: Path, part: str, change: Callable[[bytes], bytes], says: str
) -> None:
    await refused(island, pack(tmp_path / "x.hubx", changed(files_of(archives.whole), part, change)), says)


async def test_what_an_archive_says_of_its_size_is_no_evidence(
    origin: Origin, archives: Archives, island: Local, tmp_path: Path
) -> None:
    boast = write_description([Part(ORIGIN, 0, 1 << 62)])
    path = pack(tmp_path / "x.hubx", changed(files_of(archives.whole), "archive.json", lambda _: boast))
    assert await take(island, path) == origin.late.size


async def test_archive_that_lacks_any_part_is_refused(archives: Archives, island: Local, tmp_path: Path) -> None:
    files = files_of(archives.whole)
    for number, (member, _) in enumerate(files):
        if member.name not in ("oci-layout", "index.json"):
            await refused(island, pack(tmp_path / "x.hubx", files[:number] + files[number + 1 :]))


async def test_archive_with_a_file_twice_is_refused(archives: Archives, island: Local, tmp_path: Path) -> None:
    files = files_of(archives.whole)
    for member, data in files:
        if member.name in ("oci-layout", "index.json"):
            continue
        await refused(island, pack(tmp_path / "x.hubx", [*files, (member, data)]), "twice")
    other = write_description([Part("evil.example.org", 0, 5)])
    twice = [*files, (tarfile.TarInfo("federation/archive.json"), other)]
    await refused(island, pack(tmp_path / "x.hubx", twice), "twice")


@pytest.mark.parametrize(
    "name",
    [
        "../evil", "/etc/evil", "blobs/sha256/../../evil", "blobs/sha256/" + "0" * 63, "blobs/sha256/" + "A" * 64,
        "federation/../../evil", "federation/" + "0" * 64 + "/../evil", "federation/" + "0" * 64 + "/entries/../x",
        "federation/" + "0" * 64 + "/log", "blobs\\sha256\\x", "evil", "./federation/archive.json",
        "federation/" + "0" * 64 + "/origin/x",
    ],
)  # fmt: skip
async def test_names_that_lead_elsewhere_are_refused(
    archives: Archives, island: Local, tmp_path: Path, name: str
) -> None:
    for place in (0, 4, None):
        files = files_of(archives.whole)
        files.insert(len(files) if place is None else place, (tarfile.TarInfo(name), b"evil"))
        outside = evil_files(tmp_path)
        await refused(island, pack(tmp_path / "x.hubx", files), kind=BadInput)
        assert evil_files(tmp_path) == outside


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE]
)
async def test_links_and_devices_are_refused(archives: Archives, island: Local, tmp_path: Path, kind: bytes) -> None:
    for name in ("blobs/sha256/" + "0" * 64, "federation/archive.json", "oci-layout"):
        member = tarfile.TarInfo(name)
        member.type, member.linkname = kind, "/etc/passwd"
        path = pack(tmp_path / "x.hubx", [(member, b""), *files_of(archives.whole)])
        await refused(island, path, "not a plain file", kind=BadInput)


def _header(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.type = size, kind
    return member.tobuf(tarfile.GNU_FORMAT)


def _bomb(path: Path, header: bytes, size: int) -> Path:
    """A file of some kilobytes that decompresses to `size` zeros behind a header."""
    compressor = zstandard.ZstdCompressor().compressobj()
    with path.open("wb") as out:
        out.write(compressor.compress(header))
        for _ in range(size >> 20):
            out.write(compressor.compress(bytes(1 << 20)))
        out.write(compressor.flush())
    return path


@pytest.mark.parametrize(
    "header",
    [
        _header("x", 1 << 30, tarfile.XHDTYPE),  # an extension header of a gigabyte
        _header("x", 1 << 30, tarfile.GNUTYPE_LONGNAME),
        _header("federation/archive.json", 1 << 30),
        _header("blobs/sha256/" + "0" * 64, 1 << 40),
        _header("blobs/sha256/" + "0" * 64, 200 << 20),
    ],
)
async def test_bombs_are_refused_without_taking_memory_or_disk(island: Local, tmp_path: Path, header: bytes) -> None:
    import resource

    path = _bomb(tmp_path / "bomb.hubx", header, 1 << 30)
    assert path.stat().st_size < 1 << 20
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (tmp_path / "spool").mkdir()
    rooms: list[int] = []

    def room(size: int) -> None:
        rooms.append(size)
        if size > 64 << 20:
            raise StorageFailed("the disk is full")

    with pytest.raises(HubError):
        peek(path)
    with pytest.raises((BadInput, StorageFailed)):
        unpack(path, tmp_path / "spool", room=room)
    assert sum(file.stat().st_size for file in (tmp_path / "spool").rglob("*") if file.is_file()) < 64 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024  # kilobytes


def test_peek_bounds_what_it_remembers(tmp_path: Path) -> None:
    many: Files = [(tarfile.TarInfo(f"federation/{number:064x}/origin"), b"note") for number in range(100)]
    with pytest.raises(BadInput, match="more than 64 origins"):
        peek(pack(tmp_path / "x.hubx", many))


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        peek(tmp_path / "missing")
    with pytest.raises(BadInput):
        peek(tmp_path)
    for data in (b"", b"junk" * 1000, zstandard.compress(b""), zstandard.compress(b"junk" * 1000)):
        (tmp_path / "x.hubx").write_bytes(data)
        with pytest.raises(BadInput):
            peek(tmp_path / "x.hubx")
        (tmp_path / "spool").mkdir(exist_ok=True)
        with pytest.raises(BadInput):
            unpack(tmp_path / "x.hubx", tmp_path / "spool")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_damage_to_an_archive_is_refused_or_harmless(
    archives: Archives, island: Local, tmp_path: Path, data: st.DataObject
) -> None:
    """Bytes of the compressed file, or of the tar below it, are changed, cut or repeated."""
    raw = archives.whole.read_bytes()
    inside = data.draw(st.booleans(), label="below the compression")
    if inside:
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
    start = data.draw(st.integers(0, len(raw) - 1), label="start")
    kind = data.draw(st.sampled_from(["set", "cut", "drop", "twice"]), label="damage")
    some = data.draw(st.integers(1, 600), label="bytes")
    damaged = {
        "set": raw[:start] + data.draw(st.binary(min_size=1, max_size=40)) + raw[start + 1 :],
        "cut": raw[:start],
        "drop": raw[:start] + raw[start + some :],
        "twice": raw[: start + some] + raw[start:],
    }[kind]
    path = tmp_path / "damaged.hubx"
    path.write_bytes(zstandard.compress(damaged) if inside else damaged)
    before = island.state()
    fresh = Local(Path(tempfile.mkdtemp(dir=tmp_path)), island.fingerprint)
    try:
        await take(fresh, path)
    except (BadInput, NotTrusted, NotFound, PeerFailed):
        assert fresh.replica.head.size == 0
    else:
        # what was hit is what nobody needs: padding, owners and dates of files, the index for OCI tools
        assert fresh.replica.shown.size == peek(archives.whole)[0][0].size
        for digest in fresh.store.digests():
            assert fresh.store.verify(digest)
    assert island.state() == before


async def test_archive_that_cannot_be_written_leaves_nothing(local: Local, origin: Origin, tmp_path: Path) -> None:
    await local.pull(origin.late)
    missing = origin.late.releases[0][1].manifest
    data = local.store.read(missing, limit=1 << 20)
    local.store.delete(missing)
    (tmp_path / "out").mkdir()
    with pytest.raises(NotFound):
        write_archive(tmp_path / "out" / "x.hubx", [local.exported()], local.store)
    assert list((tmp_path / "out").iterdir()) == []
    local.store.put(data, digest=missing)
    blob = next(iter(origin.late.contents))
    held = local.store.read(blob, limit=1 << 26)
    local.store.delete(blob)
    with pytest.raises(NotFound):
        write_archive(tmp_path / "out" / "x.hubx", [local.exported()], local.store)
    assert list((tmp_path / "out").iterdir()) == []
    local.store.put(held, digest=blob)
    with pytest.raises(StorageFailed):
        write_archive(tmp_path / "nowhere" / "x.hubx", [local.exported()], local.store)


async def test_damaged_blob_is_not_exported_as_sound(
    local: Local, origin: Origin, island: Local, tmp_path: Path
) -> None:
    await local.pull(origin.late)
    blob = next(iter(origin.late.contents))
    damage(Path(local.store.path(blob)))
    try:
        write_archive(tmp_path / "x.hubx", [local.exported()], local.store)
    except HubError:
        assert not (tmp_path / "x.hubx").exists()
    else:
        await refused(island, tmp_path / "x.hubx", "other bytes")
