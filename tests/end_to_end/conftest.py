"""A hub for each file of tests, with opensnoop released, and users with homes of their own.

Not one for all: what some tests do to a hub (mirrors that announce themselves, and are gone) others would notice.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ..hubs import ADMIN, Ecli, RunningHub, build_opensnoop
from .machine import Opener


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The unsigned package file of opensnoop 0.1.0, built once; its project is two folders up."""
    return build_opensnoop(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def hub(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A serving hub that has released `library/opensnoop` 0.1.0. Tests add to it, and damage nothing."""
    hub = RunningHub.make(tmp_path_factory.mktemp("hub") / "hub")
    with hub.serving():
        yield hub


@pytest.fixture(scope="module")
def publisher(hub: RunningHub, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    """The first admin, who owns `library`, logged in; opensnoop is released."""
    ecli = Ecli(tmp_path_factory.mktemp("publisher") / "home")
    ecli.login(hub, hub.token(ADMIN, role="admin"))
    ecli.publish(hub, package)
    return ecli


@pytest.fixture(scope="module")
def installed(hub: RunningHub, publisher: Ecli, tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    """A user who has pulled opensnoop. Tests change nothing in this home."""
    ecli = Ecli(tmp_path_factory.mktemp("installed") / "home")
    ecli.trust(hub)
    ecli.run("pull", "opensnoop")
    return ecli


@pytest.fixture(scope="module")
def exported(installed: Ecli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """opensnoop with all its proofs in one file."""
    path = tmp_path_factory.mktemp("exported") / "opensnoop.bpf"
    installed.run("export", "opensnoop", "-o", path)
    return path


@pytest.fixture
def reader(hub: RunningHub, publisher: Ecli, tmp_path: Path) -> Ecli:
    """A new user who trusts the hub and has fetched nothing yet."""
    ecli = Ecli(tmp_path / "reader")
    ecli.trust(hub)
    return ecli


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    """A process that opens a file of a name of its own again and again."""
    with Opener.start(tmp_path) as opener:
        yield opener
