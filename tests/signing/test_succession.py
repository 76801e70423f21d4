"""Rotated roots, told from other Sigstores: nothing of the old may be missing, or speak for longer than before."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from ebpfhub.schemas.errors import NotTrusted
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.retired import Purpose
from ebpfhub.signing.authority.rotation import rotated
from ebpfhub.signing.authority.trust import trusted_root
from ebpfhub.signing.roots import TrustDomain
from ebpfhub.signing.succession import changes_of

NOW = datetime.now(UTC) - timedelta(hours=2)
OLD = AuthorityKeys.generate("acme.test", "https://acme.test/oidc", NOW)
KINDS = ("certificateAuthorities", "ctlogs", "tlogs", "timestampAuthorities")


def domain(keys: AuthorityKeys) -> TrustDomain:
    return TrustDomain.parse("acme", trusted_root(keys))


@cache
def after(*purposes: Purpose) -> AuthorityKeys:
    return rotated(OLD, purposes, NOW + timedelta(hours=1), overlap=timedelta())


def altered(change: Callable[[Any], object]) -> TrustDomain:
    document = json.loads(trusted_root(after(*Purpose)))
    change(document)
    return TrustDomain.parse("acme", json.dumps(document).encode())


def test_the_same_root_changes_nothing_however_it_is_spelled() -> None:
    assert changes_of(domain(OLD), domain(OLD)) == ()
    assert changes_of(domain(OLD), TrustDomain.parse("acme", b" " + trusted_root(OLD))) == ()


@pytest.mark.parametrize("purpose", [Purpose.SIGNING, Purpose.TRANSPARENCY, Purpose.LOG, Purpose.TIMESTAMPS])
def test_a_rotation_of_one_key_says_that_it_ends_and_what_follows(purpose: Purpose) -> None:
    ends, new = changes_of(domain(OLD), domain(after(purpose)))
    assert " ends: valid " in ends
    assert new.startswith("new ")


@pytest.mark.parametrize("kind", KINDS)
def test_a_root_that_lacks_an_old_key_is_another_sigstore_s(kind: str) -> None:
    with pytest.raises(NotTrusted, match="it has not the"):
        changes_of(domain(OLD), altered(lambda root: root[kind].pop(0)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("window", [{"start": "2000-01-01T00:00:00Z"}, {"end": "2999-01-01T00:00:00Z"}])
def test_no_retired_key_may_speak_for_longer(kind: str, window: dict[str, str]) -> None:
    before = domain(after(*Purpose))

    def widen(root: Any) -> None:
        entry = root[kind][0]
        entry.get("publicKey", entry)["validFor"].update(window)

    with pytest.raises(NotTrusted, match="speak from"):
        changes_of(before, altered(widen))


def test_a_key_that_is_retired_once_stays_retired() -> None:
    before = domain(after(*Purpose))
    with pytest.raises(NotTrusted, match="speak from"):
        changes_of(before, altered(lambda root: root["tlogs"][0]["publicKey"]["validFor"].pop("end")))
    with pytest.raises(NotTrusted, match="not a later root"):
        changes_of(before, domain(OLD))


def test_an_end_may_come_sooner() -> None:
    def sooner(root: Any) -> None:
        root["tlogs"][0]["publicKey"]["validFor"]["end"] = root["tlogs"][0]["publicKey"]["validFor"]["start"]

    assert len(changes_of(domain(after(*Purpose)), altered(sooner))) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_key_under_another_address_is_another_one(kind: str) -> None:
    def move(root: Any) -> None:
        entry = root[kind][0]
        entry["baseUrl" if "baseUrl" in entry else "uri"] = "https://evil.test"

    with pytest.raises(NotTrusted, match="has not the"):
        changes_of(domain(OLD), altered(move))


def test_an_address_cannot_write_on_the_terminal() -> None:
    made = altered(lambda root: root["tlogs"][1].update(baseUrl="https://x.test/\x1b[2J\u202e"))
    assert all(line.isprintable() for line in changes_of(domain(OLD), made))
