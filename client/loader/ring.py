"""A BPF ring buffer read straight from its memory, many records at a time (kernel: Documentation/bpf/ringbuf.rst).

Only for x86-64, whose loads are not reordered with loads nor stores with stores, so that plain reads see what the
kernel published; other architectures use buffers.CalledRing. The kernel maps the data twice in a row, so no record
is ever split.
"""

from __future__ import annotations

import mmap
import os
import struct

BUSY, DISCARD, LENGTH = 1 << 31, 1 << 30, (1 << 30) - 1  # bits of a record's header (linux/bpf.h, BPF_RINGBUF_*)
_HEADER = 8  # bytes before each record
BATCH_BYTES = 4 * 1024 * 1024  # copied at most at once, so that a large ring does not become a large heap
_SHAPES = 64  # record sizes whose layout is remembered


def readable_directly() -> bool:
    """Tell whether this processor's memory order allows a MappedRing."""
    return os.uname().machine == "x86_64"


class MappedRing:
    """The pages of a ring buffer map: `size` bytes of data (max_entries), at most `limit` records taken at once."""

    lost = 0  # a full ring refuses the program; only the program can count that (see program.py, `lost_events`)

    def __init__(self, map_fd: int, size: int, *, limit: int) -> None:
        page = mmap.PAGESIZE
        self._descriptor, self._mask, self._limit = map_fd, size - 1, limit
        self._own = mmap.mmap(map_fd, page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._kernel = mmap.mmap(map_fd, page + 2 * size, mmap.MAP_SHARED, mmap.PROT_READ, offset=page)
        whole = memoryview(self._kernel)
        self._consumed = memoryview(self._own).cast("Q")
        self._produced = whole[:8].cast("Q")
        self._data = whole[page:]
        self._words = self._data.cast("I")
        self._shapes: dict[int, struct.Struct] = {}

    def fileno(self) -> int:
        """Return the map's descriptor, which is readable when records wait."""
        return self._descriptor

    def take(self) -> list[bytes]:
        """Copy the waiting records, in order, and give their room back to the kernel."""
        begin = position = self._consumed[0]
        end = self._produced[0]
        records: list[bytes] = []
        while position < end and len(records) < self._limit and position - begin < BATCH_BYTES:
            start = position & self._mask
            head = self._words[start >> 2]
            if head & BUSY:
                break
            if head & DISCARD:
                position += _stride(head & LENGTH)
                continue
            run = self._run(start, head, min((end - position) // _stride(head), self._limit - len(records)))
            records += run
            position += len(run) * _stride(head)
        self._consumed[0] = position
        return records

    def _run(self, start: int, head: int, count: int) -> list[bytes]:
        """Copy up to `count` neighbours that all have this header: same size, neither busy nor discarded."""
        stride = _stride(head)
        count = min(count, BATCH_BYTES // stride + 1)
        run = []
        for other, record in self._shape(head).iter_unpack(self._data[start : start + count * stride]):
            if other != head:
                break
            run.append(record)
        return run

    def _shape(self, size: int) -> struct.Struct:
        shape = self._shapes.get(size)
        if shape is None:
            if len(self._shapes) >= _SHAPES:
                self._shapes.clear()
            shape = struct.Struct(f"=I4x{size}s{_stride(size) - _HEADER - size}x")
            self._shapes[size] = shape
        return shape

    def close(self) -> None:
        """Unmap the pages; a second call does nothing."""
        for view in (self._words, self._data, self._produced, self._consumed):
            view.release()
        self._kernel.close()
        self._own.close()


def _stride(size: int) -> int:
    return (size + _HEADER + 7) & ~7
