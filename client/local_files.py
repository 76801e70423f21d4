"""Files of one's own that hold what can be made again: written whole, believed only where nobody else wrote them.

On the quick path of `ecli run`: it imports nothing but os and what is built into Python.
"""

from __future__ import annotations

import _imp
import os
import sys

State = tuple[int, int, int, int, int, int]  # of a file, which differs as soon as it was changed or replaced

FILE, FOLDER = 0o100000, 0o040000  # of st_mode
_KINDS, _OTHERS_WRITE = 0o170000, 0o022
_CHECKSUM_BYTES = 8  # before what it is of
_CHECKSUM_KEY = 1  # of no secret


def is_ours(path: str, kind: int = FOLDER) -> bool:
    """Whether a folder or file (not a link) is this user's or root's, and nobody else can write it. Raises: OSError."""
    status = os.lstat(path)
    mode = status.st_mode
    return mode & _KINDS == kind and not mode & _OTHERS_WRITE and status.st_uid in (0, os.geteuid())


def state_of(path: str) -> State | None:
    """What changes when a file is changed or replaced; None when there is none."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_uid, found.st_mode


def digest(data: bytes) -> str:
    """SHA-256 in hex, without hashlib where that can be: its import takes as long as all the rest."""
    try:
        module = __import__("_sha2" if sys.version_info >= (3, 12) else "_sha256")
    except ImportError:  # a Python built without them
        module = __import__("hashlib")
    return str(module.sha256(data).hexdigest())


def read_whole(path: str, limit: int) -> bytes | None:
    """What write_whole() wrote, of at most `limit` bytes; None where it is not there, damaged or another's."""
    try:
        if not is_ours(path, FILE):
            return None
        with open(path, "rb") as file:  # noqa: PTH123 — pathlib is not on the quick path
            data = file.read(limit)
    except OSError:
        return None
    head, rest = data[:_CHECKSUM_BYTES], data[_CHECKSUM_BYTES:]
    return rest if head == _checksum(rest) else None


def write_whole(path: str, data: bytes) -> None:
    """Write a file for read_whole(), in a folder for this user alone; a power cut may cost it. Raises: OSError."""
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)  # noqa: PTH103, PTH120
    with open(f"{path}.{os.getpid()}", "wb", opener=_private) as file:
        file.write(_checksum(data) + data)
    os.replace(file.name, path)  # noqa: PTH105


def _checksum(data: bytes) -> bytes:
    """What Python checks its own compiled files by (PEP 552), as it is there without a library.

    It finds damage alone: whoever may write the file may write what they like.
    """
    return _imp.source_hash(_CHECKSUM_KEY, data)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
