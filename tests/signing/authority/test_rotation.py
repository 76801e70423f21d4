"""New keys beside the old: what each may still say, and from which moment on it may not."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, Denied, NotTrusted
from ebpfhub.signing.authority.keys import HISTORY, AuthorityKeys
from ebpfhub.signing.authority.retired import Purpose
from ebpfhub.signing.authority.rotation import rotated
from ebpfhub.signing.authority.subject import Subject
from ebpfhub.signing.authority.tokens import issue_token, verify_token
from ebpfhub.signing.authority.trust import trusted_root
from ebpfhub.signing.bundle import verify_manifest_bundle
from ebpfhub.signing.roots import TrustDomain
from hypothesis import given
from hypothesis import strategies as st

from ...sigstores import ALICE, Sigstore

MANIFEST = Digest.of(b"a manifest")
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
WAS_NOT = "in trust domain hub was not valid when it was signed"
SAID = {
    Purpose.SIGNING: f"the authority of the certificate {WAS_NOT}",
    Purpose.TRANSPARENCY: f"the key that promised to log the certificate {WAS_NOT}",
    Purpose.TIMESTAMPS: f"the authority of the timestamp {WAS_NOT}",
    Purpose.LOG: "no log key in trust domain hub was valid when it was signed",
}


class Rotated:
    """A Sigstore whose keys were rotated an hour ago without an overlap: the thief has the old ones, the heir the new."""

    def __init__(self, *purposes: Purpose) -> None:
        self.thief, self.heir = Sigstore("hub.test"), Sigstore("hub.test")
        then = datetime.now(UTC) - HOUR
        self.heir.__dict__["keys"] = rotated(self.thief.keys, purposes or tuple(Purpose), then, overlap=timedelta())
        self.domain = self.heir.domain("hub")

    def verify(self, bundle: bytes) -> None:
        verify_manifest_bundle(bundle, self.domain, manifest=MANIFEST)


def test_old_and_new_signatures_verify_by_the_new_root() -> None:
    made = Rotated()
    made.verify(made.thief.sign(MANIFEST, certified=-2 * HOUR, signed=-2 * HOUR))
    made.verify(made.heir.sign(MANIFEST))
    with pytest.raises(NotTrusted, match="does not know the log"):
        verify_manifest_bundle(made.heir.sign(MANIFEST), made.thief.domain("hub"), manifest=MANIFEST)


@pytest.mark.parametrize("purpose", SAID)
def test_what_one_old_key_signs_after_its_end_is_refused_with_its_own_message(purpose: Purpose) -> None:
    made = Rotated(purpose)
    made.verify(made.thief.sign(MANIFEST, certified=-2 * HOUR, signed=-2 * HOUR))
    with pytest.raises(NotTrusted, match=SAID[purpose]):
        made.verify(made.thief.sign(MANIFEST))


@pytest.mark.parametrize("purpose", SAID)
def test_a_new_key_does_not_speak_for_the_time_before_it(purpose: Purpose) -> None:
    made = Rotated(purpose)
    with pytest.raises(NotTrusted, match=SAID[purpose]):
        made.verify(made.heir.sign(MANIFEST, certified=-2 * HOUR, signed=-2 * HOUR))


def test_what_was_promised_in_the_second_of_the_rotation_counts(keys: AuthorityKeys, now: datetime) -> None:
    """Other programs compare a promise's milliseconds with the end, which has whole seconds."""
    assert now.microsecond
    made = rotated(keys, (Purpose.TRANSPARENCY,), now, overlap=timedelta())
    (old,) = made.before(Purpose.TRANSPARENCY)
    assert now <= old.end <= now + SECOND and made.started(Purpose.TRANSPARENCY) <= now


def test_the_old_keys_count_until_the_overlap_ends_and_not_a_second_longer() -> None:
    old, new = Sigstore("hub.test"), Sigstore("hub.test")
    now = datetime.now(UTC).replace(microsecond=0)
    new.__dict__["keys"] = rotated(old.keys, Purpose, now, overlap=HOUR)
    bundle = old.sign(MANIFEST, certified=HOUR - 5 * SECOND, signed=HOUR - 5 * SECOND)
    verify_manifest_bundle(bundle, new.domain("hub"), manifest=MANIFEST)
    with pytest.raises(NotTrusted):
        late = old.sign(MANIFEST, certified=HOUR + 5 * SECOND, signed=HOUR + 5 * SECOND)
        verify_manifest_bundle(late, new.domain("hub"), manifest=MANIFEST)


def test_a_certificate_that_was_begun_with_the_old_key_enters_the_log_until_the_overlap_ends() -> None:
    old = Sigstore("hub.test")
    now = datetime.now(UTC)
    certificate = old.certificate(ALICE, now)
    for overlap, said in (
        (HOUR, "the signature over the digest is wrong"),
        (timedelta(), "that this authority retired"),
    ):
        keys = rotated(old.keys, Purpose, now - 2 * SECOND, overlap=overlap)
        with pytest.raises(Denied, match=said):
            old.entry(certificate).check(keys, now)
    with pytest.raises(Denied, match="not one of this authority"):
        old.entry(Sigstore("other.test").certificate(ALICE, now)).check(keys, now)


def test_identity_tokens_of_the_old_key_count_no_more_at_once(keys: AuthorityKeys, now: datetime) -> None:
    raw = issue_token(keys, Subject.parse(ALICE), now)
    with pytest.raises(Denied):
        verify_token(rotated(keys, (Purpose.TOKENS,), now, overlap=HOUR), raw, now)


def test_an_authority_rotated_thirty_times_reads_back_and_its_root_is_read(keys: AuthorityKeys, now: datetime) -> None:
    made = keys
    for number in range(30):
        made = rotated(made, Purpose, now + number * HOUR, overlap=SECOND)
    files = made.to_files()
    assert "root.key" not in files and "timestamp-root.key" not in files  # nobody needs them, so nobody can steal them
    again = AuthorityKeys.from_files(files)
    assert again.to_files() == files and trusted_root(again) == trusted_root(made)
    domain = TrustDomain.parse("hub", trusted_root(again))
    kinds = (domain.authorities, domain.timestampers, domain.ct_logs, domain.logs)
    assert [len(kind) for kind in kinds] == [31] * 4
    private = {data for name, data in files.items() if name.endswith(".key")}
    assert not private & set(keys.to_files().values())


def test_more_rotations_than_a_trusted_root_takes_are_refused(keys: AuthorityKeys, now: datetime) -> None:
    made = keys
    for _ in range(64):
        made = rotated(made, (Purpose.LOG,), now, overlap=SECOND)
    with pytest.raises(BadInput, match="64"):
        TrustDomain.parse("hub", trusted_root(made))


def test_rotating_one_key_leaves_the_others(keys: AuthorityKeys, now: datetime) -> None:
    made, old = rotated(keys, (Purpose.LOG,), now, overlap=HOUR).to_files(), keys.to_files()
    assert {name for name in old if made.get(name) != old[name]} == {"rekor.key"}
    root = json.loads(trusted_root(AuthorityKeys.from_files(made)))
    assert [len(root[kind]) for kind in ("tlogs", "ctlogs", "certificateAuthorities")] == [2, 1, 1]


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text() | st.integers(), st.lists).map(json.dumps))
def test_a_damaged_history_is_bad_input_and_nothing_else(keys: AuthorityKeys, data: bytes | str) -> None:
    raw = data if isinstance(data, bytes) else json.dumps({"v": 1, "starts": {}, "retired": json.loads(data)}).encode()
    try:
        AuthorityKeys.from_files(keys.to_files() | {HISTORY: raw})
    except BadInput as error:
        assert HISTORY in error.where
