"""An origin, or somebody on the line to it, lies to a mirror: it stops there, says why, and serves what it had."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ebpfhub.schemas.exit_codes import EXIT_CODES
from ebpfhub.signing.notes import Checkpoint, Note

from ..hubs import ADMIN, Ecli, Reply, RunningHub, ebpfhub
from ..mirrors import Mirror, copied, fsck, key_of, publish_versions, size_of
from ..relay import Change, Relay, changed_body, flip, honest

UNTRUSTED, UNANSWERED = EXIT_CODES["not-trusted"], EXIT_CODES["peer-failed"]


@dataclass(frozen=True)
class World:
    """The origin, two hubs with its stolen keys (one that went another way, one that stood still), the line, a mirror."""

    truth: RunningHub
    fork: RunningHub
    past: RunningHub
    other: RunningHub
    line: Relay
    mirror: Mirror
    package: Path
    versions: Iterator[int]

    def publish(self) -> int:
        """One more release of the origin; the size of its log then."""
        publish_versions(self.truth, self.package, [f"0.{next(self.versions)}.0"])
        return size_of(self.truth)

    def attack(self, change: Change, *, state: str = "stopped", code: int = UNTRUSTED) -> str:
        """Publish while the line lies; the mirror must notice, and go on serving. Returns the reason that it tells."""
        before = self.mirror.hub.ask(f"{self.mirror.path}/checkpoint").text
        self.line.change = change
        self.publish()
        said = self.mirror.sync(expect=code)
        assert self.mirror.origin in said
        told = self.mirror.status()
        assert told["state"] == state
        assert told["reason"]
        assert Note.parse(self.mirror.hub.ask(f"{self.mirror.path}/checkpoint").text).body == Note.parse(before).body
        return str(told["reason"])


@pytest.fixture(scope="module")
def world(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("world")
    truth = RunningHub.make(folder / "truth")
    with truth.serving():
        truth.token(ADMIN, role="admin")
    past, fork = copied(truth, folder / "past"), copied(truth, folder / "fork")
    other = RunningHub.make(folder / "other", origin="other.test")
    hub = RunningHub.make(folder / "mirror", origin="mirror.test", authority=False)
    with truth.serving(), fork.serving(), past.serving(), other.serving(), hub.serving():
        publish_versions(truth, package, ["0.1.0"])
        publish_versions(fork, package, ["0.1.0", "6.6.6"])
        with Relay(truth.port).running() as line:
            ebpfhub("mirror", "add", hub.folder, line.url, "--fingerprint", truth.fingerprint)
            ebpfhub("mirror", "add", hub.folder, other.url, "--fingerprint", other.fingerprint)
            made = World(truth, fork, past, other, line, Mirror(hub, truth.origin), package, itertools.count(2))
            yield made
    assert "Traceback" not in hub.log.read_text()
    assert fsck(hub)[0] == []


@pytest.fixture
def attacked(world: World) -> Iterator[World]:
    """The world, and after the test an honest line again: then the mirror goes on by its operator's command."""
    yield world
    world.line.change, world.line.port = honest, world.truth.port
    world.mirror.sync()
    told = world.mirror.status()
    assert (told["state"], told["reason"], told["size"]) == ("ok", None, size_of(world.truth))
    assert Mirror(world.mirror.hub, "other.test").status()["state"] == "ok"


def test_changed_blobs_stop_the_mirror_there_and_nowhere_else(attacked: World, tmp_path: Path) -> None:
    reason = attacked.attack(changed_body("/blobs/", flip))
    assert "other bytes than its digest says" in reason
    assert attacked.mirror.status()["evidence"] is None
    attacked.mirror.hub.kill()
    attacked.mirror.hub.start()
    attacked.other.token(ADMIN, role="admin")  # logs a claim
    Mirror(attacked.mirror.hub, "other.test").wait(size_of(attacked.other))
    words = ebpfhub("mirror", "status", attacked.mirror.hub.folder).stdout
    assert "stopped" in words
    assert reason in words
    ecli = Ecli(tmp_path / "home")
    hub = attacked.truth
    ecli.run("trust", "add", attacked.mirror.hub.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
    assert ecli.json("verify", "opensnoop:0.1.0")["verified"]


def test_changed_manifests_stop_the_mirror(attacked: World) -> None:
    reason = attacked.attack(changed_body("/manifests/sha256:", lambda data: data + b"\n"))
    assert "other bytes than its digest says" in reason


def test_entries_that_do_not_add_up_stop_the_mirror(attacked: World) -> None:
    reason = attacked.attack(changed_body("/tile/entries/", lambda data: data[:-1] + bytes([data[-1] ^ 1])))
    assert "do not add up" in reason
    assert attacked.mirror.status()["evidence"]


def test_bundle_that_is_held_back_is_told(attacked: World) -> None:
    def withheld(path: str, reply: Reply) -> Reply:
        if "/manifests/sha256:" in path and b"sigstore" in reply.body:
            return Reply(404, {"content-type": "application/json"}, b"{}")
        return reply

    attacked.attack(withheld, state="behind", code=UNANSWERED)


def only_tiles(change: Change) -> Change:
    return lambda path, reply: change(path, reply) if "/tile/" in path else reply


def test_answers_that_are_none_leave_the_mirror_behind_and_not_stopped(attacked: World) -> None:
    answers: list[Change] = [
        lambda _, reply: replace(reply, body=bytes(20 << 20)),
        lambda _, reply: None,
        lambda _, reply: replace(reply, body=b"\xff\xff junk"),
        lambda _, reply: Reply(503, {}, b"\x1b[31mno"),
    ]
    for answer in answers:
        reason = attacked.attack(only_tiles(answer), state="behind", code=UNANSWERED)
        assert reason.isprintable()


def test_mirror_notices_by_itself(attacked: World) -> None:
    attacked.line.change = changed_body("/blobs/", flip)
    attacked.publish()
    attacked.mirror.wait_for("stopped")


def test_fork_signed_by_the_log_key_is_kept_as_evidence_and_outlives_a_restart(attacked: World) -> None:
    mirror = attacked.mirror
    held = mirror.hub.ask(f"{mirror.path}/checkpoint").text
    attacked.line.port = attacked.fork.port
    assert mirror.sync(expect=UNTRUSTED)
    _evidence(attacked, held)
    mirror.hub.kill()
    mirror.hub.start()
    assert mirror.status()["state"] == "stopped"
    assert mirror.hub.ask(f"{mirror.path}/checkpoint").text == held
    mirror.sync(expect=UNTRUSTED)


def test_log_that_goes_back_at_the_origin_itself_stops_the_mirror(attacked: World) -> None:
    held = attacked.mirror.hub.ask(f"{attacked.mirror.path}/checkpoint").text
    attacked.line.port = attacked.past.port
    attacked.mirror.sync(expect=UNTRUSTED)
    assert "signed" in _evidence(attacked, held)


def test_address_that_fails_does_not_replace_the_one_that_worked(attacked: World) -> None:
    hub, fingerprint = attacked.mirror.hub, attacked.truth.fingerprint
    done = ebpfhub("mirror", "add", hub.folder, attacked.past.url, "--fingerprint", fingerprint, expect=UNTRUSTED)
    assert "signed" in done.stderr
    assert attacked.mirror.status()["url"] == attacked.line.url


def test_note_of_another_origin_or_key_stops_the_mirror(attacked: World) -> None:
    note = attacked.other.ask("/origin").body
    attacked.line.change = changed_body("/origin", lambda _: note)
    attacked.mirror.sync(expect=UNTRUSTED)
    assert "is of other.test" in attacked.mirror.wait_for("stopped")["reason"]
    attacked.line.change = changed_body("/origin", lambda data: data.replace(b"serial 1", b"serial 2"))
    attacked.mirror.sync(expect=UNTRUSTED)
    assert "signature" in attacked.mirror.wait_for("stopped")["reason"]


def test_slow_origin_does_not_hold_up_the_others(attacked: World) -> None:
    attacked.line.seconds = 3.0
    try:
        attacked.publish()
        attacked.other.token("second@example.org", role="admin")
        Mirror(attacked.mirror.hub, "other.test").wait(size_of(attacked.other))
    finally:
        attacked.line.seconds = 0.0


def _evidence(world: World, held: str) -> str:
    """Both notes lie in the file that status names, each signed by the origin's log key. Returns the reason."""
    told = world.mirror.status()
    assert told["state"] == "stopped"
    kept = json.loads(Path(told["evidence"]).read_text())
    assert (kept["origin"], kept["reason"]) == (world.truth.origin, told["reason"].split(": ", 1)[-1])
    key = key_of(world.truth.folder / "keys" / "log.key").verifier
    notes = [Note.parse(kept[name]) for name in ("held", "shown")]
    for note in notes:
        note.verify(key)
    assert Checkpoint.parse(notes[0].body) == Checkpoint.parse(Note.parse(held).body)
    assert notes[0].body != notes[1].body
    return str(told["reason"])
