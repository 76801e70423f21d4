"""A package inside another Python program: typed events, an end when it is asked for, and no fault that spreads."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import pytest
from ebpfhub.client.library import Event, run
from ebpfhub.schemas.errors import BadInput, Denied, NotTrusted

from ..hubs import Ecli
from .machine import Opener


def test_events_come_as_typed_values(installed: Ecli, opener: Opener) -> None:
    with run("opensnoop", options={"pid": opener.pid}, max_events=4, home=installed.home) as events:
        seen = [event for event in events if isinstance(event, Event)]
    assert len(seen) == 4
    assert {event.fname for event in seen} <= {str(opener.file), str(opener.missing)}
    for event in seen:
        assert event.pid == event["pid"] == opener.pid
        assert isinstance(event.ret, int) and isinstance(event.comm, str)
        with pytest.raises(AttributeError, match="no field 'nosuch'"):
            _ = event.nosuch
    assert events.lost == 0
    assert events.reference.endswith("library/opensnoop:latest") and "admin@example.org" in events.publisher


def test_another_thread_ends_it(installed: Ecli, opener: Opener) -> None:
    with run("opensnoop", options={"pid": opener.pid}, home=installed.home) as events:
        threading.Timer(0.3, events.stop).start()
        seen = list(events)
    assert seen
    assert list(events) == []


def test_nothing_is_attached_when_the_block_is_left(installed: Ecli, opener: Opener) -> None:
    with run("opensnoop", home=installed.home) as events:
        process = events._process
        next(iter(events))
    assert process.poll() is not None


def test_a_package_that_takes_its_process_down_takes_nothing_else_down(installed: Ecli) -> None:
    with run("opensnoop", home=installed.home) as events:
        os.kill(events._process.pid, signal.SIGSEGV)
        with pytest.raises(BadInput, match="ended with signal SIGSEGV"):
            list(events)


def test_errors_are_those_of_ecli(installed: Ecli, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--nosuch is not an option"):
        run("opensnoop", options={"nosuch": 1}, home=installed.home)
    with pytest.raises(BadInput, match="interface is nothing that this program is attached to"):
        run("opensnoop", attach={"interface": "lo"}, home=installed.home)
    with pytest.raises(Denied, match="observes:files"):
        run("opensnoop", deny=["observes"], home=installed.home)


def test_unsigned_things_need_the_hosts_word(package: Path, installed: Ecli, opener: Opener) -> None:
    with pytest.raises(NotTrusted, match="nobody has signed"):
        run(str(package), home=installed.home)
    with run(str(package), unsigned=True, options={"pid": opener.pid}, max_events=1, home=installed.home) as events:
        assert len(list(events)) == 1
