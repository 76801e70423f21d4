"""Authorization codes and login tickets: once, in time, and never more than fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ebpfhub.node.authority.codes import CodeStore
from ebpfhub.node.authority.oauth import OUT_OF_BAND, AuthorizationRequest, Redirect
from ebpfhub.node.authority.tickets import TicketKey, new_cookie
from ebpfhub.schemas.errors import BadInput
from ebpfhub.signing.authority.subject import Subject

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALICE = Subject.parse("alice@example.org")


def request(redirect: str = "http://localhost:1/") -> AuthorizationRequest:
    return AuthorizationRequest("sigstore", Redirect.parse(redirect), "state", "c" * 43, "")


def test_code_is_taken_once() -> None:
    codes = CodeStore()
    code = codes.give(ALICE, request(), NOW)
    taken = codes.take(code, NOW)
    assert taken is not None and taken.subject == ALICE
    assert codes.take(code, NOW) is None


@pytest.mark.parametrize(("redirect", "life"), [("http://localhost:1/", 60), (OUT_OF_BAND, 300)])
def test_code_expires(redirect: str, life: int) -> None:
    codes = CodeStore()
    early, late = (codes.give(ALICE, request(redirect), NOW) for _ in range(2))
    assert codes.take(early, NOW + timedelta(seconds=life - 1)) is not None
    assert codes.take(late, NOW + timedelta(seconds=life)) is None


def test_flood_of_codes_does_not_grow_the_table() -> None:
    codes = CodeStore(max_codes=5)
    given = [codes.give(ALICE, request(), NOW) for _ in range(20)]
    assert len(codes) == 5 and codes.take(given[0], NOW) is None and codes.take(given[-1], NOW) is not None


def test_ticket_opens_for_its_browser_and_its_time_only() -> None:
    key, cookie = TicketKey(), new_cookie()
    ticket = key.seal(request(), cookie, NOW)
    assert key.open(ticket, cookie, NOW) == request()
    for wrong_key, wrong_cookie, moment in (
        (key, new_cookie(), NOW),
        (key, "", NOW),
        (TicketKey(), cookie, NOW),
        (key, cookie, NOW + timedelta(minutes=10)),
    ):
        with pytest.raises(BadInput):
            wrong_key.open(ticket, wrong_cookie, moment)
