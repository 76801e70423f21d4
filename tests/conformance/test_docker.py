"""docker itself, unmodified, with its daemon: it logs in to open and closed hubs, pushes and pulls, and logs out."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..end_to_end.test_rights import close
from ..hubs import RunningHub
from .docker import Docker

LAYER = b"hello\n"


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker]:
    with Docker.start(tmp_path_factory.mktemp("docker")) as docker:
        yield docker


@pytest.fixture
def docker(daemon: Docker, request: pytest.FixtureRequest) -> Docker:
    """Somebody who has not logged in anywhere."""
    return daemon.somebody_else(request.node.name)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """An open hub that serves plain repositories."""
    hub = RunningHub.make(tmp_path_factory.mktemp("open") / "hub", "--plain", authority=False)
    with hub.serving():
        yield hub


def image(docker: Docker, hub: RunningHub, name: str) -> str:
    """Make an image of one small file, under a name in a hub."""
    tar, named = io.BytesIO(), f"127.0.0.1:{hub.port}/{name}"
    with tarfile.open(fileobj=tar, mode="w") as made:
        head = tarfile.TarInfo("hello.txt")
        head.size = len(LAYER)
        made.addfile(head, io.BytesIO(LAYER))
    docker.run("import", "-", named, input=tar.getvalue())
    return named


def test_docker_logs_in_pushes_and_logs_out_and_anybody_pulls(docker: Docker, hub: RunningHub) -> None:
    name, registry = image(docker, hub, "plain/demo/image:v1"), f"127.0.0.1:{hub.port}"
    wrong = ("login", "--username", "me", "--password-stdin", registry)
    assert "unauthorized: the token is not known here" in docker.refused(*wrong, input=b"ebh_wrong")
    assert "denied: requested access" in docker.refused("push", name)
    docker.login(registry, hub.token())
    docker.run("push", name)
    docker.run("logout", registry)
    assert "denied: requested access" in docker.refused("push", name)
    docker.run("rmi", name)
    docker.run("pull", name)
    with tarfile.open(fileobj=io.BytesIO(docker.run("save", name).stdout)) as saved:
        layers = [saved.extractfile(item) for item in saved if item.name.endswith(("layer.tar", ".tar"))]
        assert any(LAYER in layer.read() for layer in layers if layer is not None)


def test_docker_needs_a_login_for_a_closed_hub_and_a_reader_pulls_but_does_not_push(
    docker: Docker, tmp_path: Path
) -> None:
    hub = RunningHub.make(tmp_path / "hub", "--plain", authority=False)
    close(hub)
    with hub.serving():
        name, registry = image(docker, hub, "plain/demo/image:v1"), f"127.0.0.1:{hub.port}"
        wrong = ("login", "--username", "me", "--password-stdin", registry)
        assert "unauthorized: the token is not known here" in docker.refused(*wrong, input=b"ebh_wrong")
        docker.login(registry, hub.token())
        docker.run("push", name)
        docker.run("rmi", name)
        docker.run("logout", registry)
        assert "may require 'docker login'" in docker.refused("pull", name)
        docker.login(registry, hub.token("reader@example.org", role="reader"))
        docker.run("pull", name)
        assert "denied: your role does not allow this" in docker.refused("push", name)


def test_an_image_is_no_package(docker: Docker, hub: RunningHub) -> None:
    """Repositories outside of `plain` are for eBPF packages, and the hub says so."""
    name = image(docker, hub, "tools/image:1.0.0")
    docker.login(f"127.0.0.1:{hub.port}", hub.token())
    said = docker.refused("push", name)
    assert "manifest invalid: application/vnd.docker." in said and "is no eBPF package" in said
