"""The index answer of a hub that lies: it signs what it likes, over entries and a map of its own making."""

from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.federation.index.check import Resolved, check_answer
from ebpfhub.schemas.answer import IndexAnswer, ProvenRecord
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import encode_entry
from ebpfhub.schemas.errors import BadInput, NotTrusted, Unsupported
from ebpfhub.schemas.record import State
from ebpfhub.schemas.reference import Reference

from ..log_fixtures import (
    MALLORY,
    MALLORY_OWNS,
    NEVER_SEEN,
    ORIGIN,
    Keys,
    Lie,
    Log,
    claim,
    package_record,
    release,
    version_record,
)

LATEST = Reference.parse(f"{ORIGIN}/tools/opensnoop")


def check(answer: IndexAnswer, log: Log) -> Resolved:
    return check_answer(answer, reference=LATEST, origin=log.keys.note(), seen=NEVER_SEEN)


def refused(answer: IndexAnswer, log: Log, kind: str, words: str) -> None:
    with pytest.raises(NotTrusted, match=words) as caught:
        check(answer, log)
    assert caught.value.check == kind


def test_hub_that_logs_a_release_by_a_stranger_is_refused(log: Log) -> None:
    log.write(claim())
    forged = release("1.0.0", identity=MALLORY)
    index = log.write_raw(encode_entry(forged))
    lie = Lie(log, package_record(claim=0, tag="1.0.0"), version_record(forged, index, claim=0))
    refused(lie.tell(), log, "owner", "mallory@example.com .* did not own")


def test_hub_that_changes_the_owners_of_a_package_is_refused(log: Log) -> None:
    log.write(claim())
    forged = release("1.0.0", identity=MALLORY)
    index = log.write_raw(encode_entry(forged))
    lie = Lie(log, package_record(claim=0, tag="1.0.0", owners=MALLORY_OWNS), version_record(forged, index, claim=0))
    refused(lie.tell(), log, "index", "claim's entry and the package record differ")


def test_hub_that_uses_the_claim_of_another_namespace_is_refused(log: Log) -> None:
    log.write(claim(), claim("other", owners=MALLORY_OWNS))
    forged = release("1.0.0", identity=MALLORY)
    index = log.write_raw(encode_entry(forged))
    lie = Lie(log, package_record(claim=1, tag="1.0.0", owners=MALLORY_OWNS), version_record(forged, index, claim=1))
    refused(lie.tell(), log, "index", "entry 1 is not a claim of tools")


def test_hub_that_uses_a_claim_of_another_origin_is_refused(log: Log) -> None:
    log.write_raw(encode_entry(claim(origin="evil.example.org")), encode_entry(release("1.0.0")))
    lie = Lie(log, package_record(claim=0, tag="1.0.0"), version_record(release("1.0.0"), 1, claim=0))
    refused(lie.tell(), log, "owner", "claim is for the origin evil.example.org")


def test_relabelled_version_is_refused(log: Log) -> None:
    """The hub puts the record of the vulnerable 1.0.0 under the key of 2.0.0, and moves the tag."""
    log.write(claim(), release("1.0.0"))
    lie = Lie(log, package_record(claim=0, tag="2.0.0"), version_record(release("1.0.0"), 1, claim=0))
    refused(lie.tell(place="2.0.0"), log, "index", "record is of another version")


def test_version_record_that_its_release_does_not_bear_out_is_refused(log: Log) -> None:
    log.write(claim(), release("1.0.0"), release("1.1.0"))
    for change in ({"manifest": Digest.of(b"evil")}, {"version": "2.0.0"}, {"entry": 2}):
        record = replace(version_record(release("1.0.0"), 1, claim=0), **change)
        lie = Lie(log, package_record(claim=0, tag=record.version), record)
        refused(lie.tell(), log, "index", "release's entry and the version record differ")


def test_records_that_point_at_entries_of_another_kind_are_refused(log: Log) -> None:
    log.write(claim(), release("1.0.0"))
    at_claim = Lie(log, package_record(claim=0, tag="1.0.0"), version_record(release("1.0.0"), 0, claim=0))
    refused(at_claim.tell(), log, "index", "entry 0 is not a release")
    at_release = Lie(log, package_record(claim=1, tag="1.0.0"), version_record(release("1.0.0"), 1, claim=1))
    refused(at_release.tell(), log, "index", "entry 1 is not a claim")


def test_entry_beyond_the_log_is_refused(log: Log) -> None:
    log.write(claim(), release("1.0.0"))
    lie = Lie(log, package_record(claim=0, tag="1.0.0"), version_record(release("1.0.0"), 500, claim=0))
    refused(lie.tell(), log, "inclusion", "entry 500 is not in a log of 4")


@pytest.mark.parametrize("state", [State.YANKED, State.REVOKED])
def test_withdrawn_version_is_refused_by_name_of_its_state(log: Log, state: State) -> None:
    log.write(claim(), release("1.0.0"))
    lie = Lie(log, package_record(claim=0, tag="1.0.0"), version_record(release("1.0.0"), 1, claim=0, state=state))
    refused(lie.tell(), log, str(state), f"was {state}")


def test_package_record_under_anothers_key_is_refused(log: Log) -> None:
    log.write(claim(), release("1.0.0"))
    record = replace(package_record(claim=0, tag="1.0.0"), name="execsnoop")
    refused(
        Lie(log, record, version_record(release("1.0.0"), 1, claim=0)).tell(),
        log,
        "index",
        "record is of another package",
    )


def test_tag_that_is_no_version_is_refused(log: Log) -> None:
    log.write(claim(), release("1.0.0"))
    record = replace(package_record(claim=0, tag="1.0.0"), tags=(("latest", "\x1b[31mnewest"),))
    with pytest.raises(BadInput):
        check(Lie(log, record, version_record(release("1.0.0"), 1, claim=0)).tell(), log)


def test_tag_moved_back_is_seen_by_every_reader_of_the_log(log: Log) -> None:
    """One client cannot tell (the records are well-formed), but the log convicts the hub at its next root."""
    log.write(claim(), release("1.0.0"), release("1.1.0"))
    lie = Lie(log, package_record(claim=0, tag="1.0.0"), version_record(release("1.0.0"), 1, claim=0))
    assert check(lie.tell(), log).version.version == "1.0.0"
    with pytest.raises(NotTrusted) as caught:
        log.replay.read(log.files.entry(log.size - 1, log.size))
    assert caught.value.check == "index"


def test_log_that_ends_without_a_map_root_is_refused(log: Log) -> None:
    log.write(claim(), release("1.0.0"))
    log.write_raw(encode_entry(release("1.2.0")))
    last = log.logged(log.size - 1)
    answer = IndexAnswer(log.checkpoint, (), last, ProvenRecord(None, ()), None, None, ())
    refused(answer, log, "index", "not a map root")


def test_map_of_other_rules_is_unsupported(log: Log) -> None:
    log.write(claim(), release("1.0.0"))
    lie = Lie(log, package_record(claim=0, tag="1.0.0"), version_record(release("1.0.0"), 1, claim=0))
    with pytest.raises(Unsupported, match="rules of version 3") as caught:
        check(lie.tell(rules=3), log)
    assert caught.value.needs


def test_log_of_another_name_is_refused(tmp_path: Path, keys: Keys) -> None:
    other = Log(tmp_path, keys, name="evil.example.org")
    other.write(claim(), release("1.0.0"))
    refused(other.answer(), other, "checkpoint", "is of evil.example.org, not of hub.example.org")
