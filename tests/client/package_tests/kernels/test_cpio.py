"""The archive for guests is one that others unpack."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ebpfhub.client.package_tests.kernels.cpio import CpioWriter


def test_busybox_unpacks_files_links_and_modes(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "below" / "left-out").mkdir(parents=True)
    (source / "below" / "one").write_bytes(b"1" * 4097)
    (source / "below" / "left-out" / "two").write_bytes(b"2")
    with (tmp_path / "archive").open("wb") as out:
        archive = CpioWriter(out)
        archive.link("/lib", "usr/lib")
        archive.folder("/empty")
        archive.data("/init", b"#!/bin/sh\n", 0o755, mtime=1_700_000_000)
        archive.data("/lib/inner/named", b"through a link")
        archive.data("/usr/lib/inner/named", b"is there already")
        archive.tree(source, "/tree", without=frozenset({"left-out"}))
        archive.end()
    made = tmp_path / "made"
    made.mkdir()
    with (tmp_path / "archive").open("rb") as stdin:
        subprocess.run(["busybox", "cpio", "-idm"], stdin=stdin, cwd=made, check=True, capture_output=True)
    assert (made / "init").stat().st_mode & 0o777 == 0o755
    assert (made / "init").stat().st_mtime == 1_700_000_000
    assert (made / "lib").readlink() == Path("usr/lib")
    assert (made / "usr/lib/inner/named").read_bytes() == b"through a link"
    assert (made / "tree/below/one").read_bytes() == b"1" * 4097
    assert sorted(path.name for path in made.rglob("*")) == [
        "below", "empty", "init", "inner", "lib", "lib", "named", "one", "tree", "usr",
    ]  # fmt: skip
