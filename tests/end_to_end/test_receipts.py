"""An installed package starts from its receipt: whoever can change the home of a user must not get code loaded by it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
from ebpfhub.signing.receipts import RECEIPT_VERSION

from ..hubs import Ecli, RunningHub
from .machine import refused


@pytest.fixture
def home(installed: Ecli, tmp_path: Path) -> Ecli:
    """A copy of a home with opensnoop installed, to be damaged."""
    return Ecli(Path(shutil.copytree(installed.home, tmp_path / "home")))


def _receipt(ecli: Ecli) -> Path:
    (path,) = (ecli.home / "receipts").rglob("latest.json")
    return path


def _program(ecli: Ecli) -> Path:
    (path,) = (ecli.home / "packages").rglob("program.o")
    return path


def test_a_changed_program_is_refused(home: Ecli) -> None:
    data = bytearray(_program(home).read_bytes())
    data[len(data) // 2] ^= 1
    _program(home).write_bytes(data)
    said = refused(home, "run", "opensnoop", kind="not-trusted", says="not the one that was verified")
    assert "ecli pull" in said
    refused(home, "run", "--verify", "opensnoop", kind="not-trusted", says="not the one that was verified")
    home.run("pull", "opensnoop")
    home.run("run", "--timeout", "10ms", "opensnoop")


def test_a_changed_config_is_refused(home: Ecli) -> None:
    config = _program(home).with_name("config.json")
    config.write_text(config.read_text().replace("0.1.0", "0.1.9"))
    refused(home, "run", "opensnoop", kind="not-trusted", says="config.*not the one that was verified")


def test_a_receipt_that_others_can_write_is_refused(home: Ecli) -> None:
    for mode in (0o622, 0o660, 0o666):
        _receipt(home).chmod(mode)
        refused(home, "run", "opensnoop", kind="not-trusted", says="others could have written this receipt")


def test_a_receipt_of_another_user_is_refused(home: Ecli) -> None:
    os.chown(_receipt(home), 65534, 65534)
    refused(home, "run", "opensnoop", kind="not-trusted", says="others could have written this receipt")


def test_a_broken_receipt_is_told(home: Ecli) -> None:
    _receipt(home).write_text(f'{{"v": {RECEIPT_VERSION}}}')
    refused(home, "run", "opensnoop", kind="bad-input", says="latest.json")


def test_without_the_origin_in_the_trust_list_a_receipt_is_worth_nothing(home: Ecli) -> None:
    shutil.rmtree(home.home / "origins")
    refused(home, "run", "opensnoop", kind="not-found", says="no hub is trusted")
    refused(home, "run", "hub.test/library/opensnoop", kind="not-found", says="no hub is trusted")


def test_a_receipt_made_under_another_key_is_worth_nothing(home: Ecli) -> None:
    pin = home.home / "origins" / "hub.test.json"
    document = json.loads(pin.read_text())
    document["fingerprint"] = "0" * 64
    pin.write_text(json.dumps(document))
    refused(home, "run", "opensnoop", kind="not-trusted", says="fingerprint|key")


def test_a_receipt_is_of_no_use_under_another_policy(hub: RunningHub, home: Ecli) -> None:
    """The settings changed, so the checks are made again: here without a hub, so they cannot be."""
    pin = home.home / "origins" / "hub.test.json"
    pin.write_text(pin.read_text().replace(hub.url, "http://127.0.0.1:9"))
    home.run("run", "--timeout", "10ms", "opensnoop")
    (home.home / "ecli.toml").write_text("[policy]\nmax_age_hours = 12\n")
    refused(home, "run", "opensnoop", kind="peer-failed", says="cannot connect")


def test_an_old_receipt_is_stale_and_later_refused(hub: RunningHub, home: Ecli) -> None:
    """A receipt ages from the origin's own word: after max_age the hub is asked, after expire_age it is demanded."""
    pin = home.home / "origins" / "hub.test.json"
    pin.write_text(pin.read_text().replace(hub.url, "http://127.0.0.1:9"))
    receipt = json.loads(_receipt(home).read_text())
    for days, runs in ((2, True), (91, False)):
        _receipt(home).write_text(json.dumps(receipt | {"as_of": receipt["as_of"] - days * 86400}))
        if runs:
            assert "stale" in home.run("run", "--timeout", "10ms", "opensnoop").stderr
        else:
            refused(home, "run", "opensnoop", kind="peer-failed", says="cannot connect")


def test_a_missing_part_of_an_installed_package_is_fetched_again(home: Ecli) -> None:
    _program(home).unlink()
    home.run("run", "--timeout", "10ms", "opensnoop")
    assert _program(home).is_file()
