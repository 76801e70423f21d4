"""Pinned origins are forgotten when their user says so, and only then."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from ebpfhub.client.home import Home
from ebpfhub.client.pins import Pin, Pins, Place
from ebpfhub.schemas.errors import Conflict, NotFound, NotTrusted


def pin(origin: str, added: int) -> Pin:
    return Pin(origin, "f" * 64, (Place(f"https://{origin}", mirror=False),), added)


@pytest.fixture
def pins(tmp_path: Path) -> Pins:
    made = Pins(Home(tmp_path / "home", tmp_path / "machine"))
    for added, origin in enumerate(("first.test", "second.test", "third.test")):
        made.put(pin(origin, added))
    return made


def test_removed_origin_is_not_trusted(pins: Pins) -> None:
    pins.remove("second.test")
    assert [item.origin for item in pins.all()] == ["first.test", "third.test"]
    with pytest.raises(NotFound, match=r"second\.test is not trusted"):
        pins.get("second.test")


def test_next_origin_is_the_default(pins: Pins) -> None:
    for expected in ("second.test", "third.test", ""):
        pins.remove(pins.default())
        assert pins.default() == expected
    with pytest.raises(NotFound, match="no hub is trusted"):
        pins.get("")


def test_origin_that_is_not_pinned_cannot_be_removed(pins: Pins) -> None:
    with pytest.raises(NotFound):
        pins.remove("other.test")
    with pytest.raises(NotFound):
        pins.remove("../../etc")
    assert len(pins.all()) == 3


def test_origin_of_the_machine_stays(tmp_path: Path) -> None:
    machine = Home(tmp_path / "machine-home", tmp_path / "none")
    Pins(machine).put(pin("first.test", 0))
    (tmp_path / "machine").mkdir()
    machine.pins[1].rename(tmp_path / "machine" / "origins")
    pins = Pins(Home(tmp_path / "home", tmp_path / "machine"))
    with pytest.raises(Conflict, match="whole machine"):
        pins.remove("first.test")
    assert [item.origin for item in pins.all()] == ["first.test"]


def test_pin_that_others_could_have_written_is_not_believed(pins: Pins, tmp_path: Path) -> None:
    """With a kept ECLI_HOME, `sudo` would let a user decide whom root trusts."""
    path = tmp_path / "home" / "origins" / "first.test.json"
    path.chmod(0o666)
    with pytest.raises(NotTrusted, match="others could have written this pin"):
        pins.all()
    path.chmod(0o600)
    assert len(pins.all()) == 3
    os.chown(path, 12345, 12345)
    with pytest.raises(NotTrusted, match="others could have written this pin"):
        pins.get("")
