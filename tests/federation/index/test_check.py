"""The index answer against attackers: a mirror that lies, and a hub that lies with its own log key."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.federation.index.answer import make_answer
from ebpfhub.federation.index.check import Resolved, Seen, check_answer, check_checkpoint
from ebpfhub.schemas.answer import IndexAnswer, LoggedEntry, ProvenRecord
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import encode_entry
from ebpfhub.schemas.errors import BadInput, Conflict, HubError, NotFound, NotTrusted, Unsupported
from ebpfhub.schemas.reference import Reference
from ebpfhub.signing.merkle import EMPTY_ROOT, root
from ebpfhub.signing.notes import COSIGNATURE, Checkpoint, Note, SignerKey
from ebpfhub.signing.origin import LogKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ..log_fixtures import (
    ALICE_OWNS,
    MALLORY_OWNS,
    NEVER_SEEN,
    NOW,
    ORIGIN,
    Keys,
    Log,
    claim,
    package_record,
    release,
)


def ask(text: str) -> Reference:
    return Reference.parse(f"{ORIGIN}/tools/opensnoop{text}")


LATEST = ask("")


@pytest.fixture
def filled(log: Log) -> Log:
    """Entries 0 claim, 1 to 2 releases of opensnoop, 3 of execsnoop, 4 root, 5 another namespace, 6 root."""
    log.write(claim(), release("1.0.0"), release("1.1.0"), release("1.0.0", name="execsnoop"))
    log.write(claim("other", owners=MALLORY_OWNS))
    return log


def check(answer: IndexAnswer, log: Log, *, reference: Reference = LATEST, seen: Seen = NEVER_SEEN) -> Resolved:
    return check_answer(answer, reference=reference, origin=log.keys.note(), seen=seen)


def refused(
    answer: IndexAnswer, log: Log, kind: str, words: str, *, reference: Reference = LATEST, seen: Seen = NEVER_SEEN
) -> None:
    with pytest.raises(NotTrusted, match=words) as caught:
        check(answer, log, reference=reference, seen=seen)
    assert caught.value.check == kind


def test_latest_is_resolved(filled: Log) -> None:
    found = check(filled.answer(), filled)
    assert (found.release, found.claim) == (release("1.1.0"), claim())
    assert (found.version.version, found.version.manifest) == ("1.1.0", release("1.1.0").manifest)
    assert (found.view.checkpoint.size, found.view.cosigned_at) == (7, NOW)


@pytest.mark.parametrize("text", [":1.0.0", ":1.1.0", f":1.0.0@{release('1.0.0').manifest}"])
def test_version_is_resolved_by_its_number(filled: Log, text: str) -> None:
    reference = ask(text)
    found = check(filled.answer(reference.tag), filled, reference=reference)
    assert found.release.version == reference.tag


def test_answer_after_growth_is_checked_against_what_was_seen(filled: Log) -> None:
    seen = filled.seen
    assert check(filled.answer(since=seen.size), filled, seen=seen)
    filled.write(release("2.0.0"))
    assert check(filled.answer(since=seen.size), filled, seen=seen).version.version == "2.0.0"


def test_absence_is_proven(filled: Log) -> None:
    nothing = replace(LATEST, name="nothing")
    with pytest.raises(NotFound, match="no package tools/nothing"):
        check(filled.answer(name="nothing"), filled, reference=nothing)
    for text in (":9.9.9", ":1.1.0-rc.1"):
        with pytest.raises(NotFound, match="no version or tag"):
            check(filled.answer(text[1:]), filled, reference=ask(text))
    with pytest.raises(NotFound, match="'nightly'"):
        check(filled.answer("nightly"), filled, reference=ask(":nightly"))


def test_package_with_pre_releases_only_has_no_latest(log: Log) -> None:
    log.write(claim(), release("1.0.0-rc.1"))
    with pytest.raises(NotFound, match="latest"):
        check(log.answer(), log)
    assert check(log.answer("1.0.0-rc.1"), log, reference=ask(":1.0.0-rc.1"))


# A mirror that lies: it has no key.


def test_older_checkpoint_than_seen_is_a_rollback(filled: Log) -> None:
    old = filled.answer()
    filled.write(release("1.2.0"))
    refused(old, filled, "rollback", "7 entries, but 9 were seen", seen=filled.seen)


def test_forked_log_is_refused(filled: Log, tmp_path: Path) -> None:
    fork = Log(tmp_path / "fork", filled.keys)
    fork.write(claim(), release("1.0.0"), release("1.1.1"), release("1.0.0", name="execsnoop"))
    fork.write(claim("other", owners=MALLORY_OWNS))
    refused(fork.answer(since=7), filled, "consistency", "two different logs of 7", seen=filled.seen)
    seen = filled.seen
    fork.write(release("1.2.0"))
    refused(fork.answer(since=7), filled, "consistency", "not a continuation", seen=seen)
    refused(replace(fork.answer(), consistency=()), filled, "consistency", "not a continuation", seen=seen)


def test_hidden_package_is_not_believed(filled: Log) -> None:
    honest, other = filled.answer(), filled.answer(name="nothing")
    for siblings in (honest.package.siblings, other.package.siblings, ()):
        for stand_in in (None, other.package.other, (bytes(32), bytes(32))):
            hidden = replace(honest, package=ProvenRecord(None, siblings, stand_in))
            refused(hidden, filled, "index", "index proof")


def test_hidden_version_is_not_believed(filled: Log) -> None:
    honest = filled.answer()
    assert honest.version is not None
    refused(replace(honest, version=None), filled, "index", "hides tools/opensnoop:1.1.0")
    for siblings in (honest.version.siblings, honest.version.siblings[1:], ()):
        refused(replace(honest, version=ProvenRecord(None, siblings)), filled, "index", "index proof")
    refused(replace(honest, release=None), filled, "index", "does not show the release's entry")
    refused(replace(honest, claims=()), filled, "index", "does not show the namespace's claim")


def test_release_of_another_version_or_package_is_refused(filled: Log) -> None:
    honest = filled.answer()
    for index in (1, 3):
        refused(replace(honest, release=filled.logged(index)), filled, "index", "does not show the release's entry")
    relabelled = replace(filled.logged(1), index=2)
    refused(replace(honest, release=relabelled), filled, "inclusion", "entry 2 is not in the log")
    wrong_data = replace(filled.logged(2), data=encode_entry(release("1.1.0", manifest=Digest.of(b"evil"))))
    refused(replace(honest, release=wrong_data), filled, "inclusion", "entry 2 is not in the log")


def test_records_of_another_version_or_package_are_refused(filled: Log) -> None:
    honest, older, other = filled.answer(), filled.answer("1.0.0"), filled.answer(name="execsnoop")
    refused(replace(honest, version=older.version, release=older.release), filled, "index", "index proof")
    refused(replace(honest, version=other.version, release=other.release), filled, "index", "index proof")
    refused(replace(honest, package=other.package), filled, "index", "index proof")
    assert honest.package.record is not None
    forged = replace(honest.package, record=package_record(claim=0, tag="1.0.0").encode())
    refused(replace(older, package=forged), filled, "index", "index proof")


def test_claim_of_another_namespace_is_refused(filled: Log) -> None:
    claims = filled.answer().claims
    refused(replace(filled.answer(), claims=(filled.logged(5),)), filled, "index", "entry 5 is not a claim of tools")
    refused(replace(filled.answer(), claims=(*claims, filled.logged(5))), filled, "index", "not a claim of tools")


def test_another_last_entry_is_refused(filled: Log) -> None:
    honest = filled.answer()
    refused(replace(honest, last=filled.logged(4)), filled, "index", "last entry")
    refused(
        replace(honest, last=replace(filled.logged(4), index=6)), filled, "inclusion", "inclusion proof|not in the log"
    )


def test_answer_about_another_origin_is_refused(filled: Log) -> None:
    refused(
        filled.answer(),
        filled,
        "origin",
        "not of evil.example.org",
        reference=replace(LATEST, origin="evil.example.org"),
    )
    assert check(filled.answer(), filled, reference=replace(LATEST, origin=""))


def test_checkpoint_by_another_key_is_refused(filled: Log) -> None:
    honest = filled.answer()
    body = Note.parse(honest.checkpoint).body
    stranger = SignerKey.generate(ORIGIN)
    refused(replace(honest, checkpoint=str(Note.sign(body, stranger))), filled, "checkpoint", "not signed by")
    for key in (filled.keys.cosigner, filled.keys.origin):
        refused(replace(honest, checkpoint=str(Note.sign(body, key, time=NOW))), filled, "checkpoint", "not signed by")


def test_changed_checkpoint_is_refused(filled: Log) -> None:
    honest = filled.answer()
    grown = honest.checkpoint.replace("\n7\n", "\n8\n")
    refused(replace(honest, checkpoint=grown), filled, "checkpoint", "wrong")


def test_wrong_cosignature_is_refused(filled: Log) -> None:
    honest = filled.answer()
    note = Note.parse(honest.checkpoint)
    line = filled.keys.cosigner.sign(note.body.replace("\n7\n", "\n8\n"), time=NOW + 9)
    refused(replace(honest, checkpoint=str(note.with_signature(line))), filled, "cosignature", "wrong")


def test_age_is_the_origins_own_word(filled: Log) -> None:
    honest = filled.answer()
    note = Note.parse(honest.checkpoint)
    mirror = SignerKey.generate("mirror.example.org", COSIGNATURE)
    fresher = replace(honest, checkpoint=str(note.with_signature(mirror.sign(note.body, time=NOW + 10**6))))
    assert check(fresher, filled).view.cosigned_at == NOW
    bare = replace(honest, checkpoint=str(Note.sign(note.body, filled.keys.log)))
    assert check(bare, filled).view.cosigned_at is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(data=st.data())
def test_changed_byte_is_refused_or_changes_nothing(filled: Log, data: st.DataObject) -> None:
    honest = filled.answer(since=5)
    expected, seen = check(honest, filled, seen=seen_at(filled, 5)), seen_at(filled, 5)
    raw = bytearray(honest.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = check(IndexAnswer.parse(bytes(raw)), filled, seen=seen)
    except (NotTrusted, BadInput, Unsupported):
        return
    assert replace(found, view=expected.view) == expected
    assert found.view.checkpoint == expected.view.checkpoint


def seen_at(log: Log, size: int) -> Seen:
    return Seen(size, root(log.files.hashes(size), size))


@pytest.mark.parametrize(("first", "last"), [(0, 6), (8, None), (8, 100), (0, 0)])
def test_log_key_outside_its_window_is_refused(filled: Log, first: int, last: int | None) -> None:
    note = filled.keys.note(logs=(LogKey(filled.keys.log.verifier, first, last),))
    with pytest.raises(NotTrusted, match="no log key of the origin signs logs of 7 entries") as caught:
        check_answer(filled.answer(), reference=LATEST, origin=note, seen=NEVER_SEEN)
    assert caught.value.check == "checkpoint"


def test_replaced_log_key_signs_no_larger_log(filled: Log) -> None:
    new = SignerKey.generate(ORIGIN)
    windows = (LogKey(filled.keys.log.verifier, 0, 6), LogKey(new.verifier, 7))
    with pytest.raises(NotTrusted, match="not signed by"):
        check_answer(filled.answer(), reference=LATEST, origin=filled.keys.note(logs=windows), seen=NEVER_SEEN)


def test_digest_of_the_reference_binds(filled: Log) -> None:
    reference = ask(f":1.0.0@{release('1.1.0').manifest}")
    refused(filled.answer("1.0.0"), filled, "digest", "1.0.0 is sha256:", reference=reference)


def test_empty_log_with_a_forged_root_resolves_nothing(keys: Keys, log: Log) -> None:
    body = Checkpoint(ORIGIN, 0, EMPTY_ROOT).body
    last = LoggedEntry(0, b"", ())
    answer = IndexAnswer(str(Note.sign(body, keys.log)), (), last, ProvenRecord(None, ()), None, None, ())
    refused(answer, log, "index", "last entry")


def test_checkpoint_alone_is_checked(filled: Log) -> None:
    view = check_checkpoint(filled.checkpoint, origin=filled.keys.note(), seen=filled.seen, consistency=())
    assert view.checkpoint.size == 7
    for text in ("", "junk", filled.checkpoint.replace("\n7\n", "\nx\n")):
        with pytest.raises((BadInput, NotTrusted)):
            check_checkpoint(text, origin=filled.keys.note(), seen=NEVER_SEEN, consistency=())


def test_answer_is_made_only_of_the_state_that_was_published(filled: Log) -> None:
    checkpoint, size = filled.checkpoint, filled.size
    parts: dict[str, Any] = {"files": filled.files, "replay": filled.replay, "namespace": "tools", "name": "opensnoop"}
    with pytest.raises(BadInput):
        make_answer(checkpoint=checkpoint, size=size, tag="latest", since=size + 1, **parts)
    filled.write(release("2.0.0"))
    with pytest.raises(Conflict):
        make_answer(checkpoint=checkpoint, size=size, tag="latest", since=0, **parts)


def test_every_refusal_says_what_to_do_or_why(filled: Log) -> None:
    honest = filled.answer()
    lies = [replace(honest, last=replace(honest.last, data=b"x")), replace(honest, package=ProvenRecord(None, ()))]
    for lie in lies:
        with pytest.raises(HubError) as caught:
            check(lie, filled)
        assert caught.value.what and caught.value.todo


def test_owners_of_the_claim_are_in_the_answer(filled: Log) -> None:
    assert check(filled.answer(), filled).claim.owners == ALICE_OWNS
