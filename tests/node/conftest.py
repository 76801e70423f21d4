"""One real hub for all tests of pages, search and the API; they only read from it."""

from collections.abc import Iterator

import pytest

from ..hubs import RunningHub
from .web.seeded import hub_with_packages


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with hub_with_packages(tmp_path_factory.mktemp("pages")) as running:
        yield running
