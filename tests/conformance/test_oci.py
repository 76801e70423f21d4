"""The official OCI distribution conformance suite, every optional API on, against a real server process."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from ..node.registry.server import Server
from .go_tools import OCI_CONFORMANCE, go_tool

CASES = 1032  # of this version of the suite, with these options


def _run(server: Server, out: Path, **more: str) -> tuple[subprocess.CompletedProcess[str], dict[str, int]]:
    options = {
        "OCI_REGISTRY": server.address,
        "OCI_TLS": "disabled",
        "OCI_REPO1": "plain/conformance/one",
        "OCI_REPO2": "plain/conformance/two",
        "OCI_RESULTS_DIR": str(out),
        "OCI_VERSION": "dev",
        "OCI_DATA_SPARSE": "true",
    }
    done = subprocess.run(
        [go_tool(OCI_CONFORMANCE)],
        env=os.environ | options | more,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    suite = ElementTree.parse(out / "junit.xml").getroot().find("testsuite")
    assert suite is not None
    names = ("tests", "failures", "errors", "skipped")
    return done, {name: int(suite.get(name) or 0) for name in names}


def test_every_case_of_the_official_suite_passes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Server.start(tmp_path / "hub", "--plain", "--open") as server:
        done, counts = _run(server, tmp_path / "out")
    with capsys.disabled():
        print(f"\n{OCI_CONFORMANCE}: {counts}")
    assert done.returncode == 0, done.stdout[-4000:]
    assert counts == {"tests": CASES, "failures": 0, "errors": 0, "skipped": 0}


def test_suite_passes_with_a_login(tmp_path: Path) -> None:
    with Server.start(tmp_path / "hub", "--plain") as server:
        done, counts = _run(server, tmp_path / "out", OCI_USERNAME="anybody", OCI_PASSWORD="alice-token")
    assert done.returncode == 0, done.stdout[-4000:]
    assert counts == {"tests": CASES, "failures": 0, "errors": 0, "skipped": 0}
