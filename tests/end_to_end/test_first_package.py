"""The guide to a first package does what it says, when a reader types it: on a new home, in one shell, from its first line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.bench.stage import copied

from ..documents import DOCS, headings
from ..guide import steps
from ..shell import Shell

GUIDE = "first-package"


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    (tmp_path / "home").mkdir()
    opened = Shell(tmp_path / "home", copied(tmp_path))
    yield opened
    opened.close()


def test_first_package_of_the_guide(shell: Shell) -> None:
    shell.follow((DOCS / f"{GUIDE}.md").read_text())


def test_chinese_reader_does_the_same() -> None:
    english, chinese = ((DOCS / f"{GUIDE}{language}.md").read_text() for language in ("", ".zh"))
    assert list(steps(chinese)) == list(steps(english))
    assert headings(chinese) == headings(english)
