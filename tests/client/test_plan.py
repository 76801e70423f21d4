"""A plan that was damaged is none: the same words then take the way of their first time."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.plan import Plan, find_plan, keep_plan

WORDS = ("run", "opensnoop")
PLAN = Plan((), "opensnoop", "/usr/bin/x", "0" * 64, (), (), (), "table", None, None, "", False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the plan for WORDS lies, in a home that is tmp_path."""
    keep_plan(str(tmp_path), WORDS, PLAN, inputs=(), until=1 << 40)
    (path,) = (tmp_path / "plans").iterdir()
    return path


def test_a_kept_plan_is_found(tmp_path: Path, file: Path) -> None:
    assert find_plan(str(tmp_path), WORDS) == PLAN


def test_any_changed_byte_ends_a_plan(tmp_path: Path, file: Path) -> None:
    whole = file.read_bytes()
    for at in range(len(whole)):
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        assert find_plan(str(tmp_path), WORDS) is None
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        assert find_plan(str(tmp_path), WORDS) is None


def test_sizes_in_a_damaged_plan_take_no_memory(tmp_path: Path, file: Path) -> None:
    """marshal makes a tuple of two billion items when eight bytes say so."""
    file.write_bytes(b"(\xff\xff\xff\x7f")
    assert find_plan(str(tmp_path), WORDS) is None
