"""biosnoop, biolatency: what the test makes its disk do is seen."""

from __future__ import annotations

import mmap
import os
from pathlib import Path

from .conftest import Events

ME = os.getpid()
SIZE = 64 * 1024


def write_through(file: Path) -> None:
    """Write to the disk itself, past the kernel's memory."""
    with mmap.mmap(-1, SIZE) as page:  # direct writing wants aligned memory
        page.write(os.urandom(SIZE))
        descriptor = os.open(file, os.O_CREAT | os.O_WRONLY | os.O_DIRECT | os.O_SYNC, 0o600)
        try:
            os.write(descriptor, page)
        finally:
            os.close(descriptor)


def test_biosnoop_sees_a_write(events: Events, tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    (event, *_) = events(
        "biosnoop", "--pid", ME,
        trigger=lambda: write_through(tmp_path / "written"), where=lambda event: event["kind"].startswith("W"),
    )  # fmt: skip
    assert event["major"] == os.major(device)
    assert (event["pid"], event["size"], event["error"]) == (ME, SIZE, 0)
    assert event["took"] > 0


def test_biolatency_has_a_histogram_of_the_disk(events: Events, tmp_path: Path) -> None:
    device = tmp_path.stat().st_dev
    (event, *_) = events(
        "biolatency",
        trigger=lambda: write_through(tmp_path / "written"),
        where=lambda event: event["major"] == os.major(device) and sum(event["slots"]),
    )
    assert sum(event["slots"]) > 0
