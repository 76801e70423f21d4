"""A cpio archive as the kernel unpacks it for its first file system (initramfs/buffer-format.rst, `newc`): written."""

from __future__ import annotations

import os
import stat
from pathlib import Path, PurePosixPath
from typing import BinaryIO

_FOLDER, _FILE, _LINK, _DEVICE = stat.S_IFDIR, stat.S_IFREG, stat.S_IFLNK, stat.S_IFCHR


class CpioWriter:
    """Files by their absolute paths in the guest. Folders above them are made; what is there already stays."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._inode = 0
        self._links: dict[str, str] = {}
        self._there: set[str] = {"/"}

    def folder(self, path: str, mode: int = 0o755) -> None:
        """Add an empty folder."""
        self._entry(path, _FOLDER | mode, b"")

    def link(self, path: str, target: str) -> None:
        """Add a symbolic link; what is added below it later goes where it points, as a host's /lib may do."""
        self._links[path] = str(PurePosixPath(path).parent / target)
        self._entry(path, _LINK | 0o777, target.encode())

    def device(self, path: str, major: int, minor: int) -> None:
        """Add a character device."""
        self._entry(path, _DEVICE | 0o600, b"", device=(major, minor))

    def data(self, path: str, data: bytes, mode: int = 0o644, mtime: int = 0) -> None:
        """Add a file."""
        self._entry(path, _FILE | mode, data, mtime=mtime)

    def file(self, path: Path, where: str = "") -> None:
        """Add a file of this machine, what a link means for a link, at its own path or `where`."""
        found = path.stat()  # modification times are kept: Python's compiled modules are checked against them
        self.data(where or str(path), path.read_bytes(), stat.S_IMODE(found.st_mode), int(found.st_mtime))

    def tree(self, folder: Path, where: str, *, without: frozenset[str] = frozenset()) -> None:
        """Add all files below a folder of this machine; folders named in `without` are left out."""
        for place, folders, files in os.walk(folder, followlinks=True):
            folders[:] = [name for name in folders if name not in without]
            inside = PurePosixPath(where) / Path(place).relative_to(folder).as_posix()
            for name in files:
                self.file(Path(place) / name, str(inside / name))

    def end(self) -> None:
        """Write the end of the archive."""
        self._write("TRAILER!!!", 0, b"", 0, (0, 0))

    def _entry(self, path: str, mode: int, data: bytes, *, mtime: int = 0, device: tuple[int, int] = (0, 0)) -> None:
        path = self._resolved(path)
        if path in self._there:
            return
        parent = str(PurePosixPath(path).parent)
        if parent not in self._there:
            self.folder(parent)
        self._there.add(path)
        self._write(path.lstrip("/"), mode, data, mtime, device)

    def _resolved(self, path: str) -> str:
        for link, target in self._links.items():
            if path.startswith(link + "/"):
                return target + path.removeprefix(link)
        return path

    def _write(self, name: str, mode: int, data: bytes, mtime: int, device: tuple[int, int]) -> None:
        self._inode += 1
        encoded = os.fsencode(name) + b"\0"
        fields = (self._inode, mode, 0, 0, 1, mtime, len(data), 0, 0, *device, len(encoded), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + encoded
        self._out.write(head + bytes(-len(head) % 4) + data + bytes(-len(data) % 4))
