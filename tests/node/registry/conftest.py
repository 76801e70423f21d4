"""Servers for the tests of the registry."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest

from .server import Server

_NUMBERS = count()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("hub"), "--plain") as running:
        yield running


@pytest.fixture
def plain() -> str:
    """The name of a fresh plain repository."""
    return f"plain/test/r{next(_NUMBERS)}"


@pytest.fixture
def logged() -> str:
    """The name of a fresh logged repository."""
    return f"tools/r{next(_NUMBERS)}"
