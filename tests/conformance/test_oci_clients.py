"""oras, crane and skopeo, unmodified, against a real server process: push, pull, copy, log in."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..node.registry.server import Server, environment
from .go_tools import CRANE, ORAS, go_tool


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with Server.start(tmp_path / "hub", "--plain") as running:
        yield running


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "small.txt").write_text("hello\n")
    (folder / "big.bin").write_bytes(os.urandom(3_000_000))
    return folder


def _run(home: Path, *command: str | Path, cwd: Path | None = None, ok: bool = True, stdin: str = "") -> str:
    done = subprocess.run(
        command, env=environment(home), cwd=cwd, input=stdin, check=False, capture_output=True, text=True, timeout=100
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_oras_pushes_attaches_discovers_and_pulls(server: Server, files: Path, tmp_path: Path) -> None:
    oras, name = go_tool(ORAS), f"{server.address}/plain/demo/art"
    login = ("--plain-http", "-u", "me", "--password-stdin")
    _run(tmp_path, oras, "login", *login, server.address, stdin="alice-token")
    _run(tmp_path, oras, "push", "--plain-http", f"{name}:v1", "small.txt:text/plain", "big.bin", cwd=files)
    kind = ("--artifact-type", "application/vnd.example.note")
    _run(tmp_path, oras, "attach", "--plain-http", *kind, f"{name}:v1", "small.txt", cwd=files)
    assert "application/vnd.example.note" in _run(tmp_path, oras, "discover", "--plain-http", f"{name}:v1")
    nobody = tmp_path / "nobody"
    _run(nobody, oras, "pull", "--plain-http", f"{name}:v1", "-o", str(tmp_path / "out"))
    for file in files.iterdir():
        assert (tmp_path / "out" / file.name).read_bytes() == file.read_bytes()


def test_oras_without_a_login_may_not_push(server: Server, files: Path, tmp_path: Path) -> None:
    name = f"{server.address}/plain/demo/art:v1"
    said = _run(tmp_path, go_tool(ORAS), "push", "--plain-http", name, "small.txt", cwd=files, ok=False)
    assert "401" in said or "unauthorized" in said.lower() or "credential" in said.lower()


def test_crane_logs_in_appends_copies_and_lists(server: Server, files: Path, tmp_path: Path) -> None:
    crane, name = go_tool(CRANE), f"{server.address}/plain/demo/image"
    _run(tmp_path, crane, "auth", "login", server.address, "-u", "me", "-p", "alice-token", "--insecure")
    _run(tmp_path, "tar", "-czf", str(tmp_path / "layer.tgz"), "-C", str(files), ".")
    _run(tmp_path, crane, "--insecure", "append", "-f", str(tmp_path / "layer.tgz"), "-t", f"{name}:v1")
    _run(tmp_path, crane, "--insecure", "copy", f"{name}:v1", f"{server.address}/plain/demo/other:v2")
    nobody = tmp_path / "nobody"
    _run(nobody, crane, "--insecure", "validate", "--remote", f"{server.address}/plain/demo/other:v2")
    assert "v1" in _run(nobody, crane, "--insecure", "ls", name).split()


def test_skopeo_logs_in_and_copies_both_ways(server: Server, files: Path, tmp_path: Path) -> None:
    assert shutil.which("skopeo"), "this test needs skopeo (Debian package skopeo)"
    crane, layout = go_tool(CRANE), tmp_path / "layout"
    tarball = tmp_path / "layer.tgz"
    _run(tmp_path, "tar", "-czf", str(tarball), "-C", str(files), ".")
    _run(tmp_path, crane, "append", "--oci-empty-base", "-f", str(tarball), "-t", "x:v1", "-o", str(tmp_path / "x.tar"))
    credentials = ("--dest-tls-verify=false", "--dest-creds", "me:alice-token")
    image = f"docker://{server.address}/plain/demo/skopeo:v1"
    _run(tmp_path, "skopeo", "--insecure-policy", "copy", *credentials, f"docker-archive:{tmp_path}/x.tar", image)
    nobody = tmp_path / "nobody"
    nobody.mkdir()
    _run(nobody, "skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", image, f"oci:{layout}:v1")
    assert (layout / "index.json").exists()
    assert '"v1"' in _run(nobody, "skopeo", "list-tags", "--tls-verify=false", image.rpartition(":")[0])
