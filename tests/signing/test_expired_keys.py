"""Keys and authorities whose window of validity ended, or had not begun, when a bundle was signed."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.schemas.errors import NotTrusted

from ..published import Case

SECOND = timedelta(seconds=1)
PROMISED, TIMESTAMPED = "happy-path-v0.3", "rekor2-dsse-happy-path"
KINDS = {
    "certificateAuthorities": "no certificate authority",
    "ctlogs": "no certificate log key",
    "tlogs": "no log key",
}


def windows(root: Any, kind: str) -> list[dict[str, str]]:
    entries = root[kind]
    return [entry["publicKey"]["validFor"] if "publicKey" in entry else entry["validFor"] for entry in entries]


def with_window(case: Case, kind: str, **window: datetime) -> bytes:
    """The case's root, each window of this kind replaced."""
    root = json.loads(case.root)
    for valid_for in windows(root, kind):
        valid_for.clear()
        valid_for["start"] = "2000-01-01T00:00:00Z"
        valid_for.update({name: time.isoformat() for name, time in window.items()})
    return json.dumps(root).encode()


def signing_time(case: Case) -> datetime:
    return datetime.fromtimestamp(case.verify().signed_at, UTC)


@pytest.mark.parametrize("name", [PROMISED, TIMESTAMPED])
@pytest.mark.parametrize("kind", KINDS)
def test_key_that_was_retired_before_is_refused(vectors: Path, name: str, kind: str) -> None:
    case = Case.read(vectors, name)
    with pytest.raises(NotTrusted, match=KINDS[kind]):
        case.verify(root=with_window(case, kind, end=signing_time(case) - SECOND))


@pytest.mark.parametrize("name", [PROMISED, TIMESTAMPED])
@pytest.mark.parametrize("kind", KINDS)
def test_key_that_began_later_is_refused(vectors: Path, name: str, kind: str) -> None:
    case = Case.read(vectors, name)
    with pytest.raises(NotTrusted, match=KINDS[kind]):
        case.verify(root=with_window(case, kind, start=signing_time(case) + SECOND))


@pytest.mark.parametrize("name", [PROMISED, TIMESTAMPED])
@pytest.mark.parametrize("kind", KINDS)
def test_both_ends_of_a_window_are_inside(vectors: Path, name: str, kind: str) -> None:
    case = Case.read(vectors, name)
    time = signing_time(case)
    assert case.verify(root=with_window(case, kind, start=time, end=time)) == case.verify()


def test_timestamp_authority_counts_only_in_its_closed_window(vectors: Path) -> None:
    case = Case.read(vectors, TIMESTAMPED)
    time = signing_time(case)
    kind = "timestampAuthorities"
    assert case.verify(root=with_window(case, kind, start=time, end=time)) == case.verify()
    for window in ({"end": time - SECOND}, {"start": time + SECOND}):
        with pytest.raises(NotTrusted, match=r"the authority of the timestamp .* was not valid when it was signed"):
            case.verify(root=with_window(case, kind, **window))


def test_retired_key_beside_a_valid_one_does_not_speak(vectors: Path) -> None:
    """The key that signed is retired; a valid log of another key stands beside it in the same root."""
    case = Case.read(vectors, TIMESTAMPED)
    root = json.loads(case.root)
    log_id = json.loads(case.bundle)["verificationMaterial"]["tlogEntries"][0]["logId"]
    (own,) = (log for log in root["tlogs"] if log["logId"] == log_id)
    own["publicKey"]["validFor"]["end"] = (signing_time(case) - SECOND).isoformat()
    assert len(root["tlogs"]) > 1
    with pytest.raises(NotTrusted, match="no log key"):
        case.verify(root=json.dumps(root).encode())
