"""What a mirror does with a source that lies: it stops, with a reason and with evidence, and keeps what it had."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.federation.sync import verified_log as verified_log_module
from ebpfhub.federation.sync.verified_log import ForkedError
from ebpfhub.schemas import media
from ebpfhub.schemas.codec import canonical_json, decode_json
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import IndexRoot, Release, encode_entry
from ebpfhub.schemas.errors import BadInput, HubError, NotTrusted
from ebpfhub.signing.notes import COSIGNATURE, Checkpoint, Note, SignerKey
from ebpfhub.signing.origin import LogKey, OriginNote, origin_key_name

from ...relay import flip
from ..log_fixtures import NOW, ORIGIN, Log, claim
from .recorded import MIRROR_KEY, Local, Origin, Recorded


async def refused(
    local: Local, source: Recorded, says: str, *, kind: type[HubError] = NotTrusted, may_be_older: bool = False
) -> HubError:
    """Pull, which must be refused and change nothing that is served; then the honest origin goes on."""
    before = local.state()
    with pytest.raises(kind, match=says) as caught:
        await local.pull(source, may_be_older=may_be_older)
    blobs = {path for path in local.state() if "/blobs/" in path}
    after = {path: data for path, data in local.state().items() if path not in blobs or path in before}
    assert after == before
    local.open()
    assert {path: data for path, data in local.state().items() if path in before} == before
    return caught.value


def both_notes(error: HubError, local: Local, shown: str) -> None:
    """The error carries two signed checkpoints: what was held, and what was shown."""
    assert isinstance(error, ForkedError)
    assert error.held == local.replica.shown.text
    assert error.shown == shown


@pytest.fixture
async def mirror(origin: Origin, local: Local) -> Local:
    """A mirror that knows the origin as it was early."""
    await local.pull(origin.early)
    return local


async def test_changed_blobs_are_refused(origin: Origin, mirror: Local) -> None:
    new = set(origin.late.contents) - set(origin.early.contents)
    assert len(new) >= 3
    for number, digest in enumerate(sorted(new)):
        if number and mirror.store.exists(digest):
            assert mirror.store.verify(
                digest
            )  # another release's true blob, kept by a refused pull: not asked for again
            continue
        contents = origin.late.contents | {digest: flip(origin.late.contents[digest])}
        error = await refused(mirror, origin.late.lying(contents=contents), "other bytes than its digest says")
        assert not isinstance(error, ForkedError)
        assert not mirror.store.exists(digest) or mirror.store.verify(digest)
    await mirror.pull(origin.late)


async def test_changed_manifests_are_refused(origin: Origin, mirror: Local) -> None:
    for digest in set(origin.late.manifests) - set(origin.early.manifests):
        if mirror.store.exists(digest):
            assert mirror.store.verify(digest)  # the true one, kept by a refused pull: not asked for again
            continue
        raw = origin.late.manifests[digest] + b"\n"
        source = origin.late.lying(manifests=origin.late.manifests | {digest: raw})
        await refused(mirror, source, "manifest .* other bytes than its digest says")


async def test_bundle_of_another_package_is_refused(origin: Origin, mirror: Local, tmp_path: Path) -> None:
    (_, first), *_, (_, third) = origin.late.releases
    size = origin.early.size
    forged = replace(third, time=NOW * 2, namespace="library", version="9.9.9", referrers=first.referrers)
    log = Log(tmp_path / "log", origin.keys)
    for data in origin.late.all_entries[:size]:
        log.replay.read(data)
    log.replay.apply(forged)
    ends = encode_entry(log.replay.next_index(NOW * 2))
    source = origin.forge(tmp_path / "forged", encode_entry(forged), ends, since=size)
    await refused(mirror, source, "signature|subject|signed")


async def test_release_with_the_bytes_of_another_package_is_refused(
    origin: Origin, mirror: Local, tmp_path: Path
) -> None:
    (_, third) = origin.late.releases[-1]
    forged = replace(third, time=NOW * 2, namespace="library", version="9.9.9")
    source = origin.forge(tmp_path / "forged", *_by_the_rules(origin, tmp_path, forged), since=origin.early.size)
    await refused(mirror, source, "calls itself other/opensnoop:0.3.0")


async def test_release_without_its_bundle_is_refused(origin: Origin, mirror: Local, tmp_path: Path) -> None:
    (_, second) = origin.late.releases[1]
    forged = replace(second, time=NOW * 2, referrers=())
    source = origin.forge(tmp_path / "forged", *_by_the_rules(origin, tmp_path, forged), since=origin.early.size)
    await refused(mirror, source, "has no signature")


async def test_release_in_a_trust_domain_that_the_note_does_not_name_is_refused(
    origin: Origin, mirror: Local, tmp_path: Path
) -> None:
    note = origin.signed_note(serial=2, domains=())
    await refused(mirror, origin.late.lying(note_text=note), "names no trust domain")


async def test_forked_log_stops_the_mirror_with_both_notes(origin: Origin, mirror: Local, tmp_path: Path) -> None:
    for name, since, count in (("same size", 1, 0), ("longer", 1, 4), ("from the start", 0, 2)):
        wrong = [
            encode_entry(claim(f"fork{number}", time=NOW * 2)) for number in range(origin.early.size - since + count)
        ]
        source = origin.forge(tmp_path / name, *wrong, since=since)
        assert source.size >= origin.early.size
        error = await refused(mirror, source, "two different logs|do not add up")
        both_notes(error, mirror, source.checkpoint_text)
    await mirror.pull(origin.late)


async def test_shorter_and_different_log_is_a_fork_even_of_a_mirror(
    origin: Origin, mirror: Local, tmp_path: Path
) -> None:
    source = origin.forge(tmp_path / "fork", *[encode_entry(claim("fork", time=NOW * 2))], since=1)
    assert source.size < origin.early.size
    for may_be_older in (False, True):
        error = await refused(mirror, source, "shorter and different", may_be_older=may_be_older)
        both_notes(error, mirror, source.checkpoint_text)


async def test_older_checkpoint_of_the_origin_itself_is_a_rollback(origin: Origin, local: Local) -> None:
    await local.pull(origin.late)
    error = await refused(local, origin.early.lying(), "it signed .* before")
    both_notes(error, local, origin.early.checkpoint_text)
    pulled = await local.pull(origin.early, may_be_older=True)
    assert (pulled.size, pulled.entries) == (origin.late.size, 0)


async def test_wrong_map_root_is_refused_with_evidence(origin: Origin, mirror: Local, tmp_path: Path) -> None:
    wrong = encode_entry(IndexRoot(NOW * 2, b"\1" * 32))
    source = origin.forge(tmp_path / "forged", wrong, since=origin.early.size)
    error = await refused(mirror, source, "map root at entry .* is not what its entries add up to")
    both_notes(error, mirror, source.checkpoint_text)


async def test_log_that_ends_without_a_map_root_is_refused(origin: Origin, mirror: Local, tmp_path: Path) -> None:
    source = origin.forge(tmp_path / "forged", encode_entry(claim("late", time=NOW * 2)), since=origin.early.size)
    await refused(mirror, source, "last entry is not a map root")


async def test_entries_that_do_not_add_up_are_refused(origin: Origin, mirror: Local) -> None:
    entries = list(origin.late.all_entries)
    for index in range(origin.early.size, len(entries)):
        wrong = (*entries[:index], flip(entries[index]), *entries[index + 1 :])
        await refused(mirror, origin.late.lying(all_entries=wrong), "do not add up")
    swapped = (*entries[:-2], entries[-1], entries[-2])
    await refused(mirror, origin.late.lying(all_entries=swapped), "do not add up")


async def test_note_of_another_key_is_refused(origin: Origin, mirror: Local) -> None:
    key = SignerKey.generate(origin_key_name(ORIGIN))
    note = replace(origin.late.note, key=key.verifier).sign(key)
    await refused(mirror, origin.late.lying(note_text=note), "fingerprint")
    stolen = replace(origin.late.note, logs=(LogKey(SignerKey.generate(ORIGIN).verifier),))
    text = str(Note(stolen.body, Note.parse(origin.late.note_text).signatures))
    await refused(mirror, origin.late.lying(note_text=text), "signature .* is wrong")


async def test_note_whose_serial_falls_is_refused(origin: Origin, local: Local) -> None:
    await local.pull(origin.early.lying(note_text=origin.signed_note(serial=5)))
    await refused(local, origin.late.lying(note_text=origin.signed_note(serial=4)), "serial 4, 5 was seen")
    # an archive or a mirror that is merely older, of a log that has not grown, brings nothing
    old = origin.early.lying(note_text=origin.signed_note(serial=4))
    pulled = await local.pull(old, may_be_older=True)
    assert pulled.entries == 0
    assert local.replica.note is not None
    assert local.replica.note.serial == 5
    await refused(local, old, "serial 4, 5 was seen")


async def test_two_notes_of_one_serial_are_refused(origin: Origin, mirror: Local) -> None:
    other = SignerKey.generate("cosigner.example.org", COSIGNATURE)
    cosigners = (*origin.late.note.cosigners, other.verifier)
    text = origin.signed_note(cosigners=cosigners)
    await refused(mirror, origin.late.lying(note_text=text), "two different origin notes have the serial 1")


async def test_newer_note_is_taken(origin: Origin, mirror: Local) -> None:
    await mirror.pull(origin.early.lying(note_text=origin.signed_note(serial=2)))
    assert mirror.replica.note is not None
    assert mirror.replica.note.serial == 2
    mirror.open()
    assert mirror.replica.note.serial == 2


async def test_checkpoint_by_another_key_of_another_log_or_without_cosignature_is_refused(
    origin: Origin, mirror: Local
) -> None:
    note = Note.parse(origin.late.checkpoint_text)
    other = SignerKey.generate(ORIGIN)
    by_other = str(Note.sign(note.body, other, origin.keys.cosigner, time=NOW))
    await refused(mirror, origin.late.lying(checkpoint_text=by_other), "not signed by")
    body = note.body.replace(ORIGIN, "evil.example.org")
    of_other = str(Note.sign(body, origin.keys.log, origin.keys.cosigner, time=NOW))
    await refused(mirror, origin.late.lying(checkpoint_text=of_other), "is of evil.example.org")
    stripped = str(Note(note.body, note.signatures[:1]))
    await refused(mirror, origin.late.lying(checkpoint_text=stripped), "cosigner has not signed")


async def test_strangers_signatures_do_not_crowd_out_the_origins(origin: Origin, local: Local) -> None:
    note = Note.parse(origin.late.checkpoint_text)
    strangers = [SignerKey.generate(f"stranger{number}.example.org", COSIGNATURE) for number in range(60)]
    crowd = Note.sign(note.body, *strangers, time=NOW)
    text = str(Note(note.body, (*crowd.signatures, *note.signatures)))
    await local.pull(origin.late.lying(checkpoint_text=text))
    for _ in range(2):
        served = Note.parse(local.replica.shown.text)
        served.verify(origin.keys.log.verifier)
        assert served.cosigned_at(origin.keys.cosigner.verifier)
        assert served.cosigned_at(MIRROR_KEY.verifier)
        local.open()


async def test_trusted_root_with_other_bytes_is_refused(origin: Origin, local: Local) -> None:
    trust = {digest: data + b" " for digest, data in origin.late.trust.items()}
    before = local.state()
    with pytest.raises(NotTrusted, match="not the one that the origin note names"):
        await local.pull(origin.late.lying(trust=trust))
    assert {path for path in local.state() if "/blobs/" not in path} == {
        path for path in before if "/blobs/" not in path
    }


@pytest.mark.parametrize("size", [2**62, 2**63 - 1, 5_000_000])
async def test_boundless_log_is_refused_before_an_entry_is_asked_for(origin: Origin, mirror: Local, size: int) -> None:
    body = Checkpoint(ORIGIN, size, b"\7" * 32).body
    text = str(Note.sign(body, origin.keys.log, origin.keys.cosigner, time=NOW))
    source = origin.late.lying(checkpoint_text=text)
    await refused(mirror, source, "more than the 1000000 of one pull", kind=BadInput)
    assert not [item for item in source.asked if item.startswith("entries")]


async def test_entries_beyond_the_bytes_of_one_pull_are_refused(
    origin: Origin, mirror: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verified_log_module, "MAX_NEW_BYTES", 100)
    await refused(mirror, origin.late.lying(), "more than the 100 bytes of one pull", kind=BadInput)


async def test_release_of_gigabytes_is_refused_before_a_blob_is_asked_for(
    origin: Origin, mirror: Local, tmp_path: Path
) -> None:
    (_, second) = origin.late.releases[1]
    for change in (
        {"config": {"mediaType": media.PACKAGE_CONFIG, "digest": "sha256:" + "0" * 64, "size": 2**62}},
        {"layers": [
            {"mediaType": kind, "digest": f"sha256:{number:064}", "size": 200 * 1024 * 1024}
            for number, kind in enumerate(sorted(media.LAYERS))
        ]},
    ):  # fmt: skip
        document = decode_json(origin.late.manifests[second.manifest], where="manifest")
        raw = canonical_json(document | change)
        forged = replace(second, time=NOW * 2, manifest=Digest.of(raw), size=len(raw))
        folder = tmp_path / str(len(raw))
        source = origin.forge(folder, *_by_the_rules(origin, folder, forged), since=origin.early.size)
        source = source.lying(manifests=source.manifests | {Digest.of(raw): raw})
        await refused(mirror, source, "has more than|is larger than", kind=BadInput)
        assert not [item for item in source.asked if item.startswith("blob")]


async def test_staler_word_of_the_origin_does_not_replace_a_fresher_one(origin: Origin, mirror: Local) -> None:
    body = Note.parse(origin.early.checkpoint_text).body
    held = Note.parse(mirror.replica.shown.text).cosigned_at(origin.keys.cosigner.verifier)
    assert held is not None
    fresh = str(Note.sign(body, origin.keys.log, origin.keys.cosigner, time=held + 600))
    await mirror.pull(origin.early.lying(checkpoint_text=fresh))
    before = mirror.state()
    for may_be_older in (False, True):
        await mirror.pull(origin.early, may_be_older=may_be_older)
        assert mirror.state() == before


def _by_the_rules(origin: Origin, folder: Path, forged: Release) -> list[bytes]:
    """The entries with which a hub that skips its own checks would log a release after the early log."""
    log = Log(folder / "rules", origin.keys)
    for data in origin.late.all_entries[: origin.early.size]:
        log.replay.read(data)
    log.replay.check(forged)
    log.replay.apply(forged)
    return [encode_entry(forged), encode_entry(log.replay.next_index(NOW * 2))]


def test_every_lie_above_is_told_about_a_real_note(origin: Origin) -> None:
    assert isinstance(origin.late.note, OriginNote)
    assert origin.late.size > origin.early.size + 2
