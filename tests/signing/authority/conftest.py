"""One authority's keys and a fixed clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ebpfhub.signing.authority.keys import AuthorityKeys


@pytest.fixture(scope="session")
def now() -> datetime:
    return datetime(2026, 11, 22, 12, 30, 15, 250_000, tzinfo=UTC)


@pytest.fixture(scope="session")
def keys(now: datetime) -> AuthorityKeys:
    return AuthorityKeys.generate("hub.example.org", "https://hub.example.org/sigstore/oidc", now)
