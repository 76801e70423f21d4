"""Merkle tree hashes and proofs of RFC 6962 section 2.1: making them from stored hashes, and checking them.

Only complete subtrees have stored hashes; `Hashes.at(level, index)` is the root of 2^level leaves from index*2^level.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from ..schemas.errors import NotTrusted

HASH_SIZE = 32  # bytes
MAX_PROOF_HASHES = 63  # a tree of 2^63 leaves
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Hashes(Protocol):
    """Where the hashes of complete subtrees come from: memory, tiles on disk, tiles of a peer."""

    def at(self, level: int, index: int) -> bytes:
        """The 32-byte root of the complete subtree `index` of height `level`."""


def leaf_hash(entry: bytes) -> bytes:
    """Hash one entry (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees (RFC 6962 section 2.1)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(hashes: Hashes, size: int) -> bytes:
    """Root of the first `size` leaves."""
    return _range(hashes, 0, size) if size else EMPTY_ROOT


def inclusion_proof(hashes: Hashes, index: int, size: int) -> tuple[bytes, ...]:
    """Audit path of leaf `index` in the tree of the first `size` leaves (RFC 6962 section 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_range(hashes, middle, end))
            end = middle
        else:
            path.append(_range(hashes, start, middle))
            start = middle
    return tuple(reversed(path))


def consistency_proof(hashes: Hashes, old: int, new: int) -> tuple[bytes, ...]:
    """Proof that the tree of `old` leaves is a prefix of that of `new` (RFC 6962 section 2.1.2)."""
    if not 0 <= old <= new:
        raise ValueError(f"no consistency from {old} to {new}")
    if old in (0, new):
        return ()
    path: list[bytes] = []
    start, end, whole = 0, new, True
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_range(hashes, middle, end))
            end = middle
        else:
            path.append(_range(hashes, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_range(hashes, start, end))
    return tuple(reversed(path))


def check_inclusion(*, leaf: bytes, index: int, size: int, proof: tuple[bytes, ...], expected: bytes) -> None:
    """Check an audit path of the leaf hash `leaf` (RFC 9162 section 2.1.3.2). Raises: NotTrusted."""
    if not 0 <= index < size:
        raise _failed(f"entry {index} is not in a log of {size}", "inclusion")
    fn, sn, value = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise _failed("the inclusion proof is too long", "inclusion")
        if fn & 1 or fn == sn:
            value = node_hash(sibling, value)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            value = node_hash(value, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or value != expected:
        raise _failed(f"entry {index} is not in the log that the checkpoint names", "inclusion")


def check_consistency(*, old: int, new: int, old_root: bytes, new_root: bytes, proof: tuple[bytes, ...]) -> None:
    """Check that the log only grew (RFC 9162 section 2.1.4.2). Raises: NotTrusted."""
    if old > new:
        raise _failed(f"the log shrank from {old} to {new} entries", "consistency")
    if old == new and old_root != new_root:
        raise NotTrusted(
            f"two different logs of {new} entries were shown",
            check="consistency",
            todo="Whoever signs for this log deceives somebody; nothing was loaded. Tell the hub's operator.",
        )
    if old in (0, new):
        if proof:
            raise _failed(f"the log of {new} entries comes with a proof where there is nothing to prove", "consistency")
        return
    hashes = list(proof)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes or _fold(old, new, hashes) != (old_root, new_root):
        raise _failed(f"the log of {new} entries is not a continuation of the one of {old}", "consistency")


def _fold(old: int, new: int, hashes: list[bytes]) -> tuple[bytes, bytes] | None:
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    first = second = hashes[0]
    for sibling in hashes[1:]:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, sibling)
        fn, sn = fn >> 1, sn >> 1
    return (first, second) if sn == 0 else None


def _split(count: int) -> int:
    # the largest power of two smaller than count
    return 1 << ((count - 1).bit_length() - 1)


def _range(hashes: Hashes, start: int, end: int) -> bytes:
    count = end - start
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return hashes.at(level, start >> level)
    middle = start + _split(count)
    return node_hash(_range(hashes, start, middle), _range(hashes, middle, end))


def _failed(what: str, check: str) -> NotTrusted:
    return NotTrusted(what, check=check, todo="The log or the mirror is broken or lying; nothing was loaded.")
