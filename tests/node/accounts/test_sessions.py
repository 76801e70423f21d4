"""Sessions end when idle, when old, when there are too many, and when somebody ends them."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.node.accounts.sessions import IDLE, LIFE, MAX_SESSIONS, Sessions, form_token
from ebpfhub.node.storage.database import Database

ME, NOW = "me@example.org", 1_800_000_000


@pytest.fixture
def sessions(tmp_path: Path) -> Sessions:
    return Sessions(Database(tmp_path / "hub.sqlite3"))


def begin(sessions: Sessions, now: int = NOW, identity: str = ME) -> str:
    return sessions.begin(identity, agent="a browser\n\x1b[31m", address="192.0.2.1", now=now)


def test_session_in_use_lives_until_it_is_old(sessions: Sessions) -> None:
    secret = begin(sessions)
    for now in range(NOW, NOW + LIFE, IDLE - 1):
        assert sessions.find(secret, now=now)
    assert sessions.find(secret, now=NOW + LIFE) is None


def test_idle_session_ends(sessions: Sessions) -> None:
    secret = begin(sessions)
    assert sessions.find(secret, now=NOW + IDLE) is None
    assert sessions.of(ME, now=NOW + IDLE) == []


def test_the_oldest_of_too_many_ends(sessions: Sessions) -> None:
    secrets = [begin(sessions, NOW + number) for number in range(MAX_SESSIONS + 1)]
    assert sessions.find(secrets[0], now=NOW + 30) is None and sessions.find(secrets[1], now=NOW + 30)
    assert len(sessions.of(ME, now=NOW + 30)) == MAX_SESSIONS


def test_one_ends_ones_own_sessions_only(sessions: Sessions) -> None:
    mine, other = begin(sessions), begin(sessions, identity="other@example.org")
    found = sessions.find(other, now=NOW)
    assert found is not None and not sessions.end(found.id, identity=ME)
    kept = sessions.find(mine, now=NOW)
    assert kept is not None and sessions.end_others(ME, but=kept.id) == 0
    assert sessions.end(kept.id, identity=ME) and sessions.find(mine, now=NOW) is None
    assert sessions.find(other, now=NOW)


@pytest.mark.parametrize("secret", ["", "x", "a" * 43, "a" * 44, "' OR 1=1 --"])
def test_guesses_are_nobodys(sessions: Sessions, secret: str) -> None:
    begin(sessions)
    assert sessions.find(secret, now=NOW) is None


def test_what_a_browser_says_of_itself_is_made_harmless(sessions: Sessions) -> None:
    found = sessions.find(begin(sessions), now=NOW)
    assert found is not None and found.agent == "a browser[31m"


def test_form_token_is_of_one_session_and_does_not_tell_it(sessions: Sessions) -> None:
    one, other = begin(sessions), begin(sessions)
    assert form_token(one) != form_token(other) and one not in form_token(one)
