"""Fixtures for conformance tests."""

from pathlib import Path

import pytest

from ..published import vectors_folder


@pytest.fixture(scope="session")
def vectors() -> Path:
    return vectors_folder()
