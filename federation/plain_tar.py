"""Reading a tar of plain files from a stream, within limits. Not tarfile's reader: that one follows extension headers,
takes as much memory for them as they ask for, and makes gigabytes out of a sparse file of some bytes.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ..schemas.errors import BadInput

BLOCK = 512  # bytes of a header; contents are padded to it
_SKIP = 1 << 16


class Readable(Protocol):
    """What a tar is read from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(slots=True)
class PlainFile:
    """One file of a tar: readable until the next one is asked for."""

    name: str
    size: int
    where: str
    _stream: Readable
    _left: int = 0

    def read(self) -> bytes:
        """All that is left of it. Raises: BadInput when the tar is cut short."""
        return b"".join(self.chunks())

    def chunks(self, size: int = 1 << 20) -> Iterator[bytes]:
        """What is left of it, in pieces of at most `size` bytes. Raises: BadInput when the tar is cut short."""
        while self._left:
            data = self._stream.read(min(size, self._left))
            if not data:
                raise BadInput("the file is cut short", where=self.where, todo="Fetch or export it again.")
            self._left -= len(data)
            yield data


def plain_files(stream: Readable, *, limit: Callable[[str], int], count: int, where: str) -> Iterator[PlainFile]:
    """The files of a tar (POSIX ustar), at most `count`, each of at most `limit(name)` bytes; folders are passed over.

    Raises: BadInput for links, devices, sparse files, extension headers, and a tar without its end.
    """
    for _ in range(count):
        member = _header(stream, where)
        if member is None:
            return
        if member.type == tarfile.DIRTYPE and member.size == 0:
            continue
        if member.type not in (tarfile.REGTYPE, tarfile.AREGTYPE):
            raise BadInput(f"holds {member.name[:80]!r}, which is not a plain file", where=where)
        if not 0 <= member.size <= limit(member.name):
            raise BadInput(f"{member.name[:80]!r} is too large", where=where)
        file = PlainFile(member.name, member.size, where, stream, member.size)
        yield file
        for _chunk in file.chunks(_SKIP):
            pass
        _exactly(stream, -member.size % BLOCK, where)
    if _header(stream, where) is not None:
        raise BadInput(f"holds more than {count} files", where=where)


def _header(stream: Readable, where: str) -> tarfile.TarInfo | None:
    raw = _exactly(stream, BLOCK, where)
    if not any(raw):
        return None
    try:
        return tarfile.TarInfo.frombuf(raw, "utf-8", "strict")
    except (tarfile.TarError, ValueError) as error:
        raise BadInput(f"the tar is broken: {error}", where=where) from error


def _exactly(stream: Readable, size: int, where: str) -> bytes:
    made = b""
    while len(made) < size:
        data = stream.read(size - len(made))
        if not data:
            raise BadInput("the file is cut short", where=where, todo="Fetch or export it again.")
        made += data
    return made
