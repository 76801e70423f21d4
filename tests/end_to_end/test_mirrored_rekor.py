"""The Rekor log of a hub's authority at a mirror: what was signed can be looked up, and a fork is seen, without the hub."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ebpfhub.federation.log.tiles import TileName, unpack_entries
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.signing.notes import Checkpoint, Note, SignerKey

from ..hubs import ADMIN, Ecli, Reply, RunningHub, ebpfhub
from ..mirrors import Mirror, fsck, key_of, mirror_of, size_of, wait_until
from ..relay import Change, Relay, changed_body, honest

OWN = "/sigstore/rekor/api/v2"


@dataclass(frozen=True)
class World:
    """A hub with an authority, the line to it, its mirror, and somebody who signs."""

    hub: RunningHub
    line: Relay
    mirror: Mirror
    author: Ecli
    package: Path

    @property
    def path(self) -> str:
        """Where the mirror serves the Rekor log."""
        return f"{self.mirror.path}/rekor"

    def sign(self, version: str) -> None:
        """One more signature by the authority, with a release."""
        self.author.publish(self.hub, self.package, "--version", version)

    def checkpoint(self) -> Checkpoint:
        """What the mirror serves."""
        return Checkpoint.parse(Note.parse(self.mirror.hub.ask(f"{self.path}/checkpoint").text).body)

    def lie(self, change: Change) -> str:
        """Pull over a line that lies; the reason why the mirror stopped."""
        before = self.checkpoint()
        self.line.change = change
        self.mirror.sync(expect=EXIT_CODES["not-trusted"])
        told = self.mirror.status()
        assert told["state"] == "stopped"
        assert self.checkpoint() == before
        held, shown = (Note.parse(json.loads(Path(told["evidence"]).read_text())[name]) for name in ("held", "shown"))
        for note in (held, shown):
            note.verify(self.key.verifier)
        assert Checkpoint.parse(held.body) == before != Checkpoint.parse(shown.body)
        return str(told["reason"])

    @property
    def key(self) -> SignerKey:
        """The Rekor log's key."""
        return key_of(self.hub.folder / "keys" / "authority" / "rekor.key")


def own(hub: RunningHub) -> Checkpoint:
    """The checkpoint of a hub's own Rekor log."""
    return Checkpoint.parse(Note.parse(hub.ask(f"{OWN}/checkpoint").text).body)


def answer(body: bytes) -> Change:
    """A line on which the Rekor checkpoint is another."""
    return changed_body(f"{OWN}/checkpoint", lambda _: body)


@pytest.fixture(scope="module")
def world(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("rekor")
    hub = RunningHub.make(folder / "hub")
    with hub.serving(), Relay(hub.port).running() as line:
        author = Ecli(folder / "author")
        author.login(hub, hub.token(ADMIN, role="admin"))
        author.publish(hub, package)
        mirror = mirror_of(hub, folder / "mirror", url=line.url)
        yield World(hub, line, mirror, author, package)
        if mirror.hub.process is not None:
            mirror.hub.stop()
    assert "Traceback" not in mirror.hub.log.read_text()
    assert fsck(mirror.hub)[0] == []


@pytest.fixture
def lied(world: World) -> Iterator[World]:
    """The world, and an honest line after the test: then the mirror goes on by its operator's command."""
    yield world
    world.line.change = honest
    world.mirror.sync()
    told = world.mirror.status()
    assert (told["state"], told["rekor"]) == ("ok", {"size": own(world.hub).size, "reason": None})


def test_it_is_mirrored_with_the_mirrors_cosignature_and_unchanged(world: World) -> None:
    note = Note.parse(world.mirror.hub.ask(f"{world.path}/checkpoint").text)
    note.verify(world.key.verifier)
    assert note.cosigned_at(key_of(world.mirror.hub.folder / "keys" / "mirror.key").verifier)
    assert Checkpoint.parse(note.body) == own(world.hub)
    size = own(world.hub).size
    for tile in (TileName(None, 0, size), TileName(0, 0, size)):
        there = world.mirror.hub.ask(f"{world.path}/{tile.path}")
        assert there.body == world.hub.ask(f"{OWN}/{tile.path}").body
        assert "immutable" in there.headers["cache-control"]
    assert world.mirror.hub.ask(f"{world.path}/tile/0/009").status == 404
    assert world.mirror.hub.ask(f"{world.path}/tile/x").status == 400


def test_it_grows_with_every_signature(world: World) -> None:
    before = world.checkpoint().size
    world.sign("0.2.0")
    wait_until(lambda: world.checkpoint().size > before, "the Rekor log has grown")
    assert world.checkpoint() == own(world.hub)
    words = ebpfhub("mirror", "status", world.mirror.hub.folder).stdout
    assert f"authority's Rekor log: {own(world.hub).size} entries" in words


def test_restart_and_kill_lose_nothing_and_signatures_are_found_when_the_hub_is_gone(
    world: World, tmp_path: Path
) -> None:
    world.mirror.sync()
    held = world.mirror.hub.ask(f"{world.path}/checkpoint").text
    world.hub.stop()
    for end in (world.mirror.hub.stop, world.mirror.hub.kill):
        end()
        world.mirror.hub.start()
        assert world.mirror.hub.ask(f"{world.path}/checkpoint").text == held
    size = world.checkpoint().size
    entries = unpack_entries(world.mirror.hub.ask(f"{world.path}/{TileName(None, 0, size).path}").body, count=size)
    reader = Ecli(tmp_path / "reader")
    pin = ("--origin", world.hub.origin, "--fingerprint", world.hub.fingerprint)
    reader.run("trust", "add", world.mirror.hub.url, *pin)
    reader.run("export", "opensnoop:0.2.0", "-o", tmp_path / "made.bpf")
    bundles = PackageFile.read((tmp_path / "made.bpf").read_bytes()).bundles()
    assert bundles
    for bundle in bundles:
        (logged,) = json.loads(bundle)["verificationMaterial"]["tlogEntries"]
        assert base64.b64decode(logged["canonicalizedBody"]) == entries[int(logged["logIndex"])]
    world.hub.start()


def test_a_log_of_the_same_size_and_another_root_stops_the_mirror(lied: World) -> None:
    lied.mirror.sync()
    forged = Checkpoint(lied.key.name, own(lied.hub).size, bytes(32))
    assert "two different logs" in lied.lie(answer(str(Note.sign(forged.body, lied.key)).encode()))
    again = lied.mirror.hub.ask(f"{lied.mirror.path}/checkpoint")
    assert again.status == 200  # what had been verified is served on


def test_a_log_that_was_rolled_back_stops_the_mirror(lied: World) -> None:
    older = lied.hub.ask(f"{OWN}/checkpoint").body
    size = own(lied.hub).size
    lied.sign("0.3.0")
    lied.mirror.sync()
    assert f"the origin shows {size} entries, but it signed {own(lied.hub).size} before" in lied.lie(answer(older))
    lied.mirror.hub.kill()
    lied.mirror.hub.start()
    assert lied.mirror.status()["state"] == "stopped"


def test_entries_that_are_not_those_of_the_checkpoint_stop_the_mirror(lied: World) -> None:
    lied.line.change = lambda path, reply: None if path.startswith(OWN) else reply
    lied.sign("0.4.0")
    lied.mirror.sync()
    change = changed_body(f"{OWN}/tile/entries", lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    assert "do not add up" in lied.lie(change)


def without_rekor(path: str, reply: Reply) -> Reply | None:
    """A line on which the Rekor log is not there."""
    return replace(reply, status=404, body=b"{}") if path.startswith(OWN) else reply


def broken_at_rekor(path: str, reply: Reply) -> Reply | None:
    """A line that breaks off at the Rekor log."""
    return None if path.startswith(OWN) else reply


def unsigned(path: str, reply: Reply) -> Reply | None:
    """A line on which a stranger has signed the Rekor log's checkpoint."""
    if not path.startswith(f"{OWN}/checkpoint"):
        return reply
    note = Note.sign(Note.parse(reply.text).body, SignerKey.generate("rekor.hub.test"))
    return replace(reply, body=str(note).encode())


@pytest.mark.parametrize(
    ("change", "version"), [(without_rekor, "1.0.0"), (broken_at_rekor, "1.1.0"), (unsigned, "1.2.0")]
)
def test_a_rekor_log_that_cannot_be_had_does_not_stop_the_hubs_own(lied: World, change: Change, version: str) -> None:
    lied.line.change = change
    lied.sign(version)
    lied.mirror.sync()
    lied.mirror.wait(size_of(lied.hub))
    told = lied.mirror.status()
    assert told["state"] == "ok"
    assert told["rekor"]["reason"]
    assert told["rekor"]["reason"] in ebpfhub("mirror", "status", lied.mirror.hub.folder).stdout
    assert lied.checkpoint().size < own(lied.hub).size


def test_a_mirror_of_the_mirror_has_it_too_and_an_older_one_brings_nothing(world: World, tmp_path: Path) -> None:
    world.mirror.sync()
    hub = RunningHub.make(tmp_path / "far", origin="far.test", authority=False)
    with hub.serving():
        words = ("--origin", world.hub.origin, "--fingerprint", world.hub.fingerprint)
        ebpfhub("mirror", "add", hub.folder, world.mirror.hub.url, *words)
        far = Mirror(hub, world.hub.origin)
        note = Note.parse(hub.ask(f"{far.path}/rekor/checkpoint").text)
        assert Checkpoint.parse(note.body) == world.checkpoint()
        assert len(note.signatures) == 3
        assert far.status()["rekor"] == {"size": world.checkpoint().size, "reason": None}
    assert fsck(hub)[0] == []


def test_a_damaged_copy_is_not_served_and_the_hubs_own_log_goes_on(world: World) -> None:
    hub, folder = world.mirror.hub, world.mirror.folder / "rekor"
    hub.stop()
    for path in (folder / "checkpoint", next((folder / "tile" / "entries" / "000.p").iterdir())):
        held = path.read_bytes()
        path.write_bytes(held[:-9] + b"xxxxxxxxx")
        (finding,) = fsck(hub)[0]
        assert finding.startswith("hub.test Rekor ")
        world.line.change = broken_at_rekor
        hub.start()
        world.mirror.sync()
        assert hub.ask(f"{world.path}/checkpoint").status == 507
        assert hub.ask(f"{world.mirror.path}/checkpoint").status == 200
        assert world.mirror.status()["rekor"]["reason"]
        hub.stop()
        path.write_bytes(held)
    world.line.change = honest
    hub.start()


def test_a_hub_without_an_authority_has_none(tmp_path: Path) -> None:
    bare = RunningHub.make(tmp_path / "bare", origin="bare.test", authority=False)
    with bare.serving():
        mirror = mirror_of(bare, tmp_path / "mirror")
        assert (mirror.status()["state"], mirror.status()["rekor"]) == ("ok", None)
        assert "Rekor" not in ebpfhub("mirror", "status", mirror.hub.folder).stdout
        assert mirror.hub.ask(f"{mirror.path}/rekor/checkpoint").status == 404
        mirror.hub.stop()
    assert fsck(mirror.hub)[0] == []


def test_it_goes_on_with_rotated_keys_and_the_old_key_says_nothing_more(lied: World) -> None:
    stolen = lied.key
    ebpfhub("authority", "rotate", lied.hub.folder, "--overlap", "0")
    assert lied.key.verifier != stolen.verifier

    def signed_by_the_new_key() -> bool:
        note = Note.parse(lied.mirror.hub.ask(f"{lied.path}/checkpoint").text)
        return any(item.key_id == lied.key.verifier.id for item in note.signatures)

    wait_until(signed_by_the_new_key, "the mirror shows the new key")
    lied.sign("2.0.0")
    wait_until(lambda: lied.checkpoint() == own(lied.hub), "the Rekor log has grown under the new key")
    forged = Checkpoint(stolen.name, own(lied.hub).size, bytes(32))
    lied.line.change = answer(str(Note.sign(forged.body, stolen)).encode())
    lied.mirror.sync()
    told = lied.mirror.status()
    assert (told["state"], told["evidence"]) == ("ok", None)
    assert "no key that is valid now has signed it" in told["rekor"]["reason"]
