"""Fixtures for tests of federation/."""

from pathlib import Path

import pytest

from ..published import vectors_folder
from .log_fixtures import Keys, Log


@pytest.fixture(scope="session")
def vectors() -> Path:
    return vectors_folder()


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def log(tmp_path: Path, keys: Keys) -> Log:
    return Log(tmp_path, keys)
