"""One loaded map by its descriptor: single entries, and all of them at once. Failures leave as OSError.

It knows bytes; what a key or value means is decoded in client/output.
"""

from __future__ import annotations

import errno
import os
import struct
from typing import Any

from .libbpf import Library

_PER_PROCESSOR = (5, 6, 10, 21)  # enum bpf_map_type: per-CPU hash, array, LRU hash, cgroup storage
_ARRAYS = (2, 6)  # array, per-CPU array: their entries cannot be deleted
_BATCH_BYTES = 4 * 1024 * 1024  # copied at most with one call
_BATCH_ENTRIES = 4096
_LOOK = "bpf_map_lookup_batch"
_NO_SUCH_CALL = (errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, 524)  # 524: ENOTSUPP
_INFO_BYTES = 88  # more than the fields that are read of struct bpf_map_info (linux/bpf.h)

Entry = tuple[bytes, tuple[bytes, ...]]


class MapHandle:
    """A map. `value_size` is that of one processor's value, in bytes; the caller keeps the descriptor open."""

    def __init__(self, library: Library, fd: int) -> None:
        """Ask the kernel what map this is. Raises: OSError."""
        self._library, self.fd = library, fd
        info, size = library.buffer(_INFO_BYTES), library.buffer(4)
        size.raw = struct.pack("=I", _INFO_BYTES)
        library.done("bpf_obj_get_info_by_fd", fd, info, size)
        self.type, _, self.key_size, self.value_size, self.max_entries = struct.unpack_from("=5I", info.raw)
        self.per_processor: bool = self.type in _PER_PROCESSOR
        self._stride = (self.value_size + 7) & ~7 if self.per_processor else self.value_size
        self._copies = library.done("libbpf_num_possible_cpus") if self.per_processor else 1
        self._value_bytes = self._stride * self._copies

    def lookup(self, key: bytes) -> tuple[bytes, ...] | None:
        """Return the value, or one for each possible processor; None when there is none. Raises: OSError."""
        value = self._library.buffer(self._value_bytes)
        try:
            self._library.done("bpf_map_lookup_elem", self.fd, self._key(key), value)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise
        return self._values(value.raw)

    def update(self, key: bytes, values: tuple[bytes, ...], flags: int = 0) -> None:
        """Set a value, or that of every possible processor. `flags`: BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2.

        Raises: OSError.
        """
        if len(values) != self._copies or any(len(value) != self.value_size for value in values):
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        whole = b"".join(value.ljust(self._stride, b"\0") for value in values)
        self._library.done("bpf_map_update_elem", self.fd, self._key(key), whole, flags)

    def delete(self, key: bytes) -> None:
        """Delete an entry. Raises: OSError, with ENOENT when there is none."""
        self._library.done("bpf_map_delete_elem", self.fd, self._key(key))

    def next_key(self, key: bytes | None) -> bytes | None:
        """Return the key after `key`, or the first (None, or a key that is gone); None at the end. Raises: OSError."""
        following = self._library.buffer(self.key_size)
        try:
            self._library.done("bpf_map_get_next_key", self.fd, None if key is None else self._key(key), following)
        except OSError as error:
            if error.errno == errno.ENOENT:
                return None
            raise
        return bytes(following.raw)

    def entries(self, limit: int) -> list[Entry]:
        """Return all keys with their values, at most `limit`, in the kernel's order. Raises: OSError."""
        try:
            return self._batches(_LOOK, limit)
        except OSError as error:
            if error.errno not in _NO_SUCH_CALL:
                raise
        return self._walk(limit)

    def take(self, limit: int) -> list[Entry]:
        """Return as entries() does, and delete what was returned; entries of an array become zero. Raises: OSError.

        Where the kernel can, both are one step, so that nothing which a program adds meanwhile is lost.
        """
        if self.type not in _ARRAYS:
            try:
                return self._batches("bpf_map_lookup_and_delete_batch", limit)
            except OSError as error:
                if error.errno not in _NO_SUCH_CALL:
                    raise
        found = self.entries(limit)
        zero = (bytes(self.value_size),) * self._copies
        for key, values in found:
            if self.type not in _ARRAYS:
                self._forget(key)
            elif values != zero:
                self.update(key, zero)
        return found

    def _forget(self, key: bytes) -> None:
        try:
            self.delete(key)
        except OSError as error:
            if error.errno != errno.ENOENT:  # the program, or the kernel in need of room, was first
                raise

    def _batches(self, call: str, limit: int) -> list[Entry]:
        """Read with a batch call (Linux 5.6), until its ENOENT says that this was the end."""
        found: list[Entry] = []
        room = max(1, min(_BATCH_ENTRIES, self.max_entries, _BATCH_BYTES // (self.key_size + self._value_bytes)))
        mark: bytes | None = None
        code = 0
        while code == 0 and len(found) < limit:
            # the kernel gives whole buckets of a hash table: what is only read is asked for in full, and cut
            asked = room if call == _LOOK else min(room, limit - len(found))
            code, after, entries = self._batch(call, mark, asked)
            if code == errno.ENOSPC and asked == room < self.max_entries:  # one bucket of the hash table holds more
                code, room = 0, room * 2
            else:
                mark = after
                found += entries
        return found[:limit]

    def _batch(self, call: str, mark: bytes | None, count: int) -> tuple[int, bytes, list[Entry]]:
        """Make one batch call from bookmark `mark`; returns its errno, the next bookmark, and what it read."""
        keys, values = self._library.buffer(count * self.key_size), self._library.buffer(count * self._value_bytes)
        after, counter = self._library.buffer(max(self.key_size, 4)), self._library.buffer(4)
        counter.raw = struct.pack("=I", count)
        try:
            self._library.done(call, self.fd, mark, after, keys, values, counter, None)
            code = 0
        except OSError as error:
            code = error.errno or 0
            if code not in (errno.ENOENT, errno.ENOSPC):
                raise
        read = 0 if code == errno.ENOSPC else struct.unpack("=I", counter.raw)[0]
        return code, after.raw, self._unpack(keys, values, read)

    def _unpack(self, keys: Any, values: Any, count: int) -> list[Entry]:
        all_keys, all_values, size, step = keys.raw, values.raw, self.key_size, self._value_bytes
        return [
            (all_keys[index * size : (index + 1) * size], self._values(all_values[index * step : (index + 1) * step]))
            for index in range(count)
        ]

    def _walk(self, limit: int) -> list[Entry]:
        """Read key by key. A key that goes away meanwhile sends the kernel back to the start: that is bounded too."""
        found: dict[bytes, tuple[bytes, ...]] = {}
        key: bytes | None = None
        for _ in range(2 * min(limit, self.max_entries) + 1):
            key = self.next_key(key)
            if key is None or len(found) >= limit:
                break
            value = self.lookup(key)
            if value is not None:
                found[key] = value
        return list(found.items())

    def _key(self, key: bytes) -> bytes | None:
        if len(key) != self.key_size:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        return key or None

    def _values(self, whole: bytes) -> tuple[bytes, ...]:
        if not self.per_processor:
            return (whole,)
        return tuple(whole[start : start + self.value_size] for start in range(0, len(whole), self._stride))
