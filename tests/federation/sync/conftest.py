"""One real origin, recorded; and an empty mirror of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ...hubs import ADMIN, Ecli, RunningHub, build_opensnoop
from ...mirrors import publish_versions
from ..log_fixtures import ORIGIN
from .recorded import Local, Origin, keys_of, record


@pytest.fixture(scope="session")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """An origin with opensnoop 0.1.0, and later with 0.2.0 and other/opensnoop 0.3.0."""
    folder = tmp_path_factory.mktemp("origin")
    package = build_opensnoop(folder)
    hub = RunningHub.make(folder / "hub", origin=ORIGIN)
    with hub.serving():
        ecli = Ecli(folder / "home")
        ecli.login(hub, hub.token(ADMIN, role="admin"))
        ecli.publish(hub, package)
        early = record(hub)
        publish_versions(hub, package, ["0.2.0"])
        publish_versions(hub, package, ["0.3.0"], namespace="other")
        return Origin(early, record(hub), *keys_of(hub))


@pytest.fixture
def local(origin: Origin, tmp_path: Path) -> Local:
    """A mirror that has pulled nothing yet."""
    (tmp_path / "local").mkdir()
    return Local(tmp_path / "local", origin.fingerprint)
