"""What flows between a program's own process and the Python program that started it: frames over two pipes.

A frame is a kind (one byte), a number (4 bytes) and a size (4 bytes), little-endian, then that many bytes. Lists of
byte strings are packed with their sizes before them.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable
from enum import IntEnum
from typing import IO, NamedTuple

from ..schemas.errors import BadInput

MAX_FRAME_BYTES = 64 * 1024 * 1024
MAX_ITEMS = 1_000_000  # byte strings in one frame
_HEAD = struct.Struct("<BII")
_COUNT = struct.Struct("<I")


class Kind(IntEnum):
    """What a frame holds; its number is that of the stream or view, or a count."""

    STARTED = 1
    RECORDS = 2  # of one stream
    LOOKED = 3  # keys and values of one viewed map, in turns
    TEXT = 4  # of an iterator
    NOTICE = 5  # a sentence for the user
    ENDED = 6  # how many records were lost
    FAILED = 7  # an error: kind, what, where, todo
    LOST = 8  # how many records are lost so far


class Frame(NamedTuple):
    """One frame."""

    kind: Kind
    number: int
    body: bytes


def write_frame(kind: Kind, number: int, body: bytes) -> bytes:
    """A frame's bytes."""
    return _HEAD.pack(kind, number, len(body)) + body


def read_frame(source: IO[bytes]) -> Frame | None:
    """Read the next frame; None at the end. Raises: BadInput when it is cut off or too large."""
    head = source.read(_HEAD.size)
    if not head:
        return None
    try:
        kind, number, size = _HEAD.unpack(head)
        frame = Frame(Kind(kind), number, b"")
    except (struct.error, ValueError) as error:
        raise BadInput("the program's process wrote something else than frames") from error
    if size > MAX_FRAME_BYTES:
        raise BadInput(f"the program's process wrote a frame of {size} bytes")
    body = source.read(size)
    if len(body) != size:
        raise BadInput("the program's process was cut off")
    return frame._replace(body=body)


class Frames:
    """Frames out of bytes that come in pieces, as from a pipe that is read when it has something."""

    def __init__(self) -> None:
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Return the frames that are whole now. Raises: BadInput for one that is none, or too large."""
        self._held += data
        made = []
        while len(self._held) >= _HEAD.size:
            end = _HEAD.size + _HEAD.unpack_from(self._held)[2]
            if len(self._held) < end <= MAX_FRAME_BYTES:
                break
            frame = read_frame(io.BytesIO(self._held[:end]))
            del self._held[:end]
            made += [frame] if frame else []
        return made


def pack(items: Iterable[bytes]) -> bytes:
    """Byte strings with their sizes before them."""
    held = list(items)
    return b"".join([_COUNT.pack(len(held)), struct.pack(f"<{len(held)}I", *map(len, held)), *held])


def unpack(data: bytes) -> list[bytes]:
    """The byte strings of pack(). Raises: BadInput."""
    try:
        (count,) = _COUNT.unpack_from(data)
        if count > MAX_ITEMS:
            raise BadInput(f"a frame holds {count} items")
        sizes = struct.unpack_from(f"<{count}I", data, _COUNT.size)
    except struct.error as error:
        raise BadInput("a frame is cut off") from error
    at, made = _COUNT.size * (1 + count), []
    for size in sizes:
        made.append(data[at : at + size])
        at += size
    if at != len(data):
        raise BadInput("a frame's sizes do not add up")
    return made
