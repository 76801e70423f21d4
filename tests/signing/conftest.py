"""Fixtures for tests of signing/."""

from pathlib import Path

import pytest

from ..published import vectors_folder


@pytest.fixture(scope="session")
def vectors() -> Path:
    return vectors_folder()
