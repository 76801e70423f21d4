"""One pull from an honest source: everything is kept, repeated for nothing, and resumed where it was cut off."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, fields

import pytest
from ebpfhub.federation.sync.pull import Pull, Releases
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import HubError, NotFound, NotTrusted, StorageFailed
from ebpfhub.schemas.oci import Manifest
from ebpfhub.signing.notes import Note, SignerKey
from ebpfhub.signing.origin import LogKey

from ..log_fixtures import NOW, ORIGIN
from .recorded import MIRROR_KEY, Local, Origin, Recorded


async def test_first_pull_keeps_everything_and_cosigns(origin: Origin, local: Local) -> None:
    pulled = await local.pull(origin.late)
    assert (pulled.size, pulled.entries) == (origin.late.size, origin.late.size)
    assert [f"{item.package}:{item.version}" for _, item in pulled.releases] == [
        "library/opensnoop:0.1.0", "library/opensnoop:0.2.0", "other/opensnoop:0.3.0",
    ]  # fmt: skip
    for digest, data in {**origin.late.manifests, **origin.late.contents}.items():
        assert local.store.read(digest, limit=1 << 26) == data
    note = Note.parse(local.replica.shown.text)
    note.verify(origin.keys.log.verifier)
    assert note.cosigned_at(MIRROR_KEY.verifier) == NOW
    assert local.replica.replay.map.root == local.replica.replay.maps[pulled.size].root


async def test_second_pull_brings_nothing_and_asks_for_no_blob(origin: Origin, local: Local) -> None:
    await local.pull(origin.late)
    again = origin.late.lying()
    pulled = await local.pull(again)
    assert (pulled.entries, pulled.releases, pulled.fetched) == (0, (), 0)
    assert again.asked == ["origin", "checkpoint"]


async def test_later_pull_fetches_only_what_is_new(origin: Origin, local: Local) -> None:
    await local.pull(origin.early)
    late = origin.late.lying()
    pulled = await local.pull(late)
    assert pulled.entries == origin.late.size - origin.early.size
    known = {f"blob {digest}" for digest in origin.early.contents}
    assert not known & set(late.asked)


async def test_dry_pull_verifies_and_keeps_nothing(origin: Origin, local: Local) -> None:
    before = local.state()
    pulled = await local.pull(origin.late, dry=True)
    assert len(pulled.releases) == 3
    assert local.state() == before
    assert local.replica.head.size == 0


async def test_pull_that_breaks_off_anywhere_is_resumed_without_fetching_twice(origin: Origin, local: Local) -> None:
    whole = origin.late.lying()
    await Local(local.folder.with_name("other"), origin.fingerprint).pull(whole)
    for number in range(len(whole.asked)):
        kept = {f"blob {digest}" for digest in local.store.digests()}
        source = origin.late.lying(fail_at=number)
        with contextlib.suppress(NotFound):
            await local.pull(source)
        assert not kept & set(source.asked)
    await local.pull(origin.late)
    assert local.replica.shown.size == origin.late.size


async def test_release_is_entered_before_anybody_is_shown_the_log(origin: Origin, local: Local) -> None:
    entered: list[Releases] = []

    def enter(releases: Releases) -> None:
        assert local.replica.head.size == 0
        for _, release in releases:
            assert local.store.exists(release.manifest)
        entered.append(releases)
        if len(entered) == 1:
            raise StorageFailed("the disk is full")

    for _ in range(2):
        pull = Pull(local.replica, local.store, origin.late, cosigner=MIRROR_KEY, time=NOW, enter=enter)
        if not entered:
            with pytest.raises(StorageFailed):
                await pull.run()
            assert local.replica.head.size == 0
        else:
            await pull.run()
    assert entered[0] == entered[1]
    assert local.replica.shown.size == origin.late.size


async def test_what_is_damaged_in_the_store_is_fetched_anew(origin: Origin, local: Local) -> None:
    await local.pull(origin.early)
    release = origin.late.releases[1][1]
    manifest = release.manifest
    layers = {layer.digest for layer in Manifest.parse(origin.late.manifests[manifest]).layers}
    shared = next(iter(layers & set(origin.early.contents)))
    for digest in (manifest, shared):
        local.store.put(b"damaged", digest=Digest.of(b"damaged"))
        place = local.folder / "blobs" / "sha256" / digest.hex[:2] / digest.hex
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(b"damaged")
    await local.pull(origin.late, dry=True)
    assert local.store.read(manifest, limit=100) == b"damaged", "a dry run changed something"
    await local.pull(origin.late)
    assert local.store.verify(manifest)
    assert local.store.verify(shared)


async def test_cancelled_pull_leaves_the_mirror_as_before_or_after(origin: Origin, local: Local) -> None:
    await local.pull(origin.early)
    for loops in (1, 3, 10, 30, 60, 100, 200):
        task = asyncio.ensure_future(local.pull(origin.late))
        for _ in range(loops):
            await asyncio.sleep(0)
        await asyncio.sleep(loops / 1000)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, HubError):
            await task
        local.open()
        assert local.replica.shown.size in (origin.early.size, origin.late.size)
    assert len(asyncio.all_tasks()) == 1, "tasks are left"
    await local.pull(origin.late)
    assert local.replica.shown.size == origin.late.size


@dataclass(frozen=True)
class Rotating(Recorded):
    """An origin that puts new keys in place after its note was read, and before its checkpoint is."""

    before: str = ""

    async def origin_note(self) -> str:
        await super().origin_note()
        return self.before if self.asked.count("origin") == 1 else self.note_text


async def test_keys_that_are_rotated_while_a_pull_looks_at_them_do_not_stop_it(origin: Origin, local: Local) -> None:
    await local.pull(origin.early)
    new, old = SignerKey.generate(ORIGIN), origin.keys.log.verifier
    logs = (LogKey(old, 0, origin.early.size), LogKey(new.verifier, origin.early.size + 1))
    signed = str(Note.sign(Note.parse(origin.late.checkpoint_text).body, new, origin.keys.cosigner, time=NOW))
    late = origin.late.lying(note_text=origin.signed_note(serial=2, logs=logs), checkpoint_text=signed)
    facts = {item.name: getattr(late, item.name) for item in fields(late)}
    await local.pull(Rotating(**facts, before=origin.early.note_text))
    assert local.replica.head.size == origin.late.size and local.replica.note == late.note
    with pytest.raises(NotTrusted, match="not signed by"):  # one whose note stays what it was is asked once
        await local.pull(late.lying(note_text=origin.early.note_text))
