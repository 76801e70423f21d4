"""The file with the code of the quick way is believed only while it is whole, one's own, and nothing has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ebpfhub.client import quick_code
from ebpfhub.client.quick_code import keep

SERVED = """
import sys
from ebpfhub.client.quick_code import serve
served = serve(sys.argv[1])
from ebpfhub.client.output import table
print(served, type(table.__loader__).__name__, table.__file__, table.Table.__module__)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the code lies, in a home that is tmp_path."""
    keep(str(tmp_path))
    return tmp_path / "cache" / "quick-code"


def served(home: Path) -> list[str]:
    """What a new process says of the code in a home."""
    words = [sys.executable, "-c", SERVED, str(home)]
    return str(subprocess.run(words, capture_output=True, text=True, check=True).stdout).split()


def test_modules_come_from_the_file_as_from_their_own(tmp_path: Path, file: Path) -> None:
    answer, finder, place, name = served(tmp_path)
    assert (answer, finder, name) == ("True", "_Finder", "ebpfhub.client.output.table")
    assert Path(place).samefile(Path(quick_code.__file__).parent / "output" / "table.py")
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("change", ["damage", "open to others", "missing", "a link"])
def test_what_cannot_be_believed_is_not_served(tmp_path: Path, file: Path, change: str) -> None:
    match change:
        case "damage":
            data = bytearray(file.read_bytes())
            data[len(data) // 2] ^= 1
            file.write_bytes(data)
        case "open to others":
            file.chmod(0o622)
        case "missing":
            file.unlink()
        case "a link":
            file.rename(tmp_path / "other")
            file.symlink_to(tmp_path / "other")
    assert served(tmp_path)[:2] == ["False", "SourceFileLoader"]


def test_a_changed_module_ends_it(tmp_path: Path, file: Path) -> None:
    """An update of the program replaces its files: the old code must not run once more."""
    table = Path(quick_code.__file__).parent / "output" / "table.py"
    before = table.stat()
    try:
        os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns + 1))
        assert served(tmp_path)[0] == "False"
    finally:
        os.utime(table, ns=(before.st_atime_ns, before.st_mtime_ns))
