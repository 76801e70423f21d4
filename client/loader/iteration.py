"""What iterator programs write, read once from beginning to end: records of an event stream, or text.

Iterators are attached in links/iterator.py.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from ...schemas.errors import Unsupported
from .libbpf import Library
from .refusal import meaning

READ_BYTES = 64 * 1024  # read at once; the kernel gives less


def written(library: Library, name: str, link: int, ended: Callable[[], bool]) -> Iterator[bytes]:
    """Yield what iterator `name` writes, in pieces of at most READ_BYTES, until it has seen all or `ended()`.

    Raises: Unsupported.
    """
    try:
        descriptor = library.done("bpf_iter_create", link)
        try:
            while not ended():
                try:
                    piece = os.read(descriptor, READ_BYTES)
                except BlockingIOError:  # a million objects went by without a word (kernel: bpf_iter.c)
                    continue
                if not piece:
                    return
                yield piece
        finally:
            os.close(descriptor)
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise Unsupported(f"iterator {name!r} cannot be read: {meaning(error)}", needs="another kernel") from error


class Cutter:
    """Cuts what arrives in pieces into records of `size` bytes; `rest` is what is left over at the end."""

    def __init__(self, size: int) -> None:
        self._size, self.rest = size, b""

    def cut(self, piece: bytes) -> list[bytes]:
        """Return the records that are whole now."""
        whole = self.rest + piece
        end = len(whole) - len(whole) % self._size
        self.rest = whole[end:]
        return [whole[start : start + self._size] for start in range(0, end, self._size)]
