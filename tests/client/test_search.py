"""The table of `ecli search`: it fits terminals, shows Chinese in its width, and nothing of a package reaches the terminal raw."""

from __future__ import annotations

from typing import Any

import pytest
from ebpfhub.client.commands.search import table
from ebpfhub.client.output.text import columns
from hypothesis import given
from hypothesis import strategies as st


def package(name: str, description: str, **changes: Any) -> dict[str, Any]:
    """What the hub tells of a package."""
    told = {"origin": "hub.test", "namespace": "library", "name": name, "version": "1.0.0", "description": description}
    return told | {"downloads": 1234, "attach": ["kprobe", "xdp", "tc"], "permissions": ["observes:files"]} | changes


FOUND = [
    package("opensnoop", "Traces the files that processes open, with the error if there was one, and much more"),
    package("wangluo", "统计网络连接的延迟和流量并按进程分组显示每秒刷新一次结果", namespace="acme"),
    package("far", "", origin="other.test", permissions=["changes:packets", "persists:pins"]),
]


@pytest.mark.parametrize("width", [80, 100, 200])
def test_lines_fit_the_terminal(width: int) -> None:
    lines = table(FOUND, "hub.test", width=width)
    assert max(map(columns, lines)) <= width
    assert [line.split()[0] for line in lines] == ["NAME", "opensnoop", "acme/wangluo", "other.test/library/far"]
    starts = {columns(line[: line.index("1.0.0")]) for line in lines[1:]}
    assert len(starts) == 1


def test_what_it_may_change_stands_in_wide_tables() -> None:
    _, first, _, last = table(FOUND, "hub.test", width=None)
    assert "  nothing  " in first
    assert "  packets, pins" in last
    assert "kprobe, xdp, …" in first


@given(st.text())
def test_no_control_character_reaches_the_terminal(text: str) -> None:
    lines = table([package("x", text), package("y", "\x1b[31m\u202e")], "hub.test", width=None)
    assert all(line.isprintable() for line in lines)
