"""opensnoop, statsnoop, unlinksnoop, renamesnoop, fsyncsnoop, mountsnoop, lsfd: what the test does to its files is seen."""

from __future__ import annotations

import contextlib
import ctypes
import os
import subprocess
from pathlib import Path

from .conftest import Events

ME = os.getpid()


def test_opensnoop_sees_an_opened_file(events: Events, tmp_path: Path) -> None:
    file = tmp_path / "opened"
    (event, *_) = events(
        "opensnoop", "--pid", ME,
        trigger=lambda: os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o640)),
        where=lambda event: event["fname"] == str(file),
    )  # fmt: skip
    assert (event["pid"], event["ppid"], event["uid"]) == (ME, os.getppid(), os.getuid())
    assert event["ret"] >= 0
    assert event["took"] > 0
    assert event["mode"] in (0o640, "0640")


def test_opensnoop_sees_only_failures_of_a_name_where_asked(events: Events, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    found = events(
        "opensnoop", "-n", "cat", "-x",
        trigger=lambda: subprocess.run(["cat", missing, "/dev/null"], check=False, stderr=subprocess.DEVNULL),
        where=lambda event: event["fname"] == str(missing),
    )  # fmt: skip
    assert {event["comm"] for event in found} == {"cat"}
    assert found[0]["ret"] in (-2, "ENOENT")


def test_opensnoop_sees_only_openings_with_a_flag_where_asked(events: Events, tmp_path: Path) -> None:
    def open_both() -> None:
        (tmp_path / "plain").touch()
        (tmp_path / "plain").read_bytes()
        (tmp_path / "appended").open("a").close()

    found = events(
        "opensnoop", "-p", ME, "-f", os.O_APPEND,
        trigger=open_both, where=lambda event: event["fname"].startswith(str(tmp_path)), count=2,
    )  # fmt: skip
    assert {Path(event["fname"]).name for event in found} == {"appended"}


def test_statsnoop_sees_a_file_that_is_looked_for(events: Events, tmp_path: Path) -> None:
    (event, *_) = events(
        "statsnoop", "-p", ME,
        trigger=tmp_path.stat, where=lambda event: event["fname"] == str(tmp_path),
    )  # fmt: skip
    assert (event["pid"], event["ret"]) == (ME, 0)


def test_statsnoop_sees_what_is_missing(events: Events, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    (event, *_) = events(
        "statsnoop", "-p", ME, "-x", trigger=missing.exists, where=lambda event: event["fname"] == str(missing)
    )
    assert event["ret"] in (-2, "ENOENT")


def test_unlinksnoop_sees_files_and_folders_go(events: Events, tmp_path: Path) -> None:
    def make_and_remove() -> None:
        (tmp_path / "file").touch()
        (tmp_path / "file").unlink()
        (tmp_path / "folder").mkdir()
        (tmp_path / "folder").rmdir()

    found = events("unlinksnoop", "-p", ME, trigger=make_and_remove, count=2)
    assert {(event["fname"], event["folder"], event["ret"]) for event in found} == {
        (str(tmp_path / "file"), False, 0),
        (str(tmp_path / "folder"), True, 0),
    }


def test_renamesnoop_sees_both_names(events: Events, tmp_path: Path) -> None:
    def rename() -> None:
        (tmp_path / "before").touch()
        (tmp_path / "before").rename(tmp_path / "after")

    (event, *_) = events("renamesnoop", "-p", ME, trigger=rename)
    assert (event["pid"], event["ret"]) == (ME, 0)
    assert (event["from"], event["to"]) == (str(tmp_path / "before"), str(tmp_path / "after"))


def test_renamesnoop_sees_what_cannot_be_renamed(events: Events, tmp_path: Path) -> None:
    def fail() -> None:
        with contextlib.suppress(FileNotFoundError):
            (tmp_path / "missing").rename(tmp_path / "after")

    (event, *_) = events("renamesnoop", "-p", ME, "-x", trigger=fail)
    assert event["from"] == str(tmp_path / "missing")
    assert event["ret"] in (-2, "ENOENT")


def test_fsyncsnoop_sees_file_and_time(events: Events, tmp_path: Path) -> None:
    def write() -> None:
        with (tmp_path / "written").open("wb") as file:
            file.write(b"data")
            file.flush()
            os.fdatasync(file.fileno())
            os.fsync(file.fileno())

    found = events("fsyncsnoop", "-p", ME, trigger=write, count=2)
    assert {event["call"] for event in found} == {"FSYNC", "FDATASYNC"}
    assert {event["fname"] for event in found} == {"written"}
    assert all(event["took"] > 0 and event["ret"] == 0 for event in found)


def test_mountsnoop_sees_another_namespace(events: Events, tmp_path: Path) -> None:
    """By the system calls themselves: which ones mount(8) takes differs between its versions."""

    def mount_and_unmount() -> None:
        child = os.fork()
        if not child:
            try:
                libc = ctypes.CDLL(None)
                libc.unshare(0x20000)  # CLONE_NEWNS
                libc.mount(b"none", b"/", None, 1 << 14 | 1 << 18, None)  # MS_REC | MS_PRIVATE
                libc.mount(b"mine", os.fsencode(tmp_path), b"tmpfs", 0, b"size=64k")
                libc.umount2(os.fsencode(tmp_path), 0)
            finally:
                os._exit(0)
        os.waitpid(child, 0)

    mounted, unmounted, *_ = events(
        "mountsnoop", trigger=mount_and_unmount, where=lambda event: event["target"] == str(tmp_path), count=2
    )
    assert (mounted["call"], mounted["ret"]) == ("MOUNT", 0)
    assert (mounted["source"], mounted["type"], mounted["data"]) == ("mine", "tmpfs", "size=64k")
    assert (unmounted["call"], unmounted["pid"]) == ("UMOUNT", mounted["pid"])
    ours = Path("/proc/self/ns/mnt").stat().st_ino
    assert mounted["namespace_id"] == unmounted["namespace_id"] != ours


def test_lsfd_lists_an_open_file(events: Events, tmp_path: Path) -> None:
    with (tmp_path / "kept-open").open("wb") as file:
        file.write(b"12345")
        file.flush()
        (event,) = events("lsfd", "-p", ME, where=lambda event: event["fname"] == "kept-open")
        assert (event["pid"], event["fd"], event["position"]) == (ME, file.fileno(), 5)
        assert event["inode"] == os.fstat(file.fileno()).st_ino
