"""The sparse Merkle map of protocol.md section 5: an immutable tree, its updates, proofs, and their check.

A leaf hashes key and value; an inner node its two halves; an empty subtree is 32 zero bytes; a subtree that holds one
leaf is that leaf. Bits of the 256-bit key are taken from the most significant. Updates share what stays equal, so old
maps stay readable.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from ...schemas.errors import NotTrusted

EMPTY = bytes(32)
MAX_DEPTH = 256  # siblings of one proof
_LEAF = b"\x12"
_NODE = b"\x13"


@dataclass(frozen=True, slots=True)
class _Leaf:
    hash: bytes
    key: bytes
    value: bytes


@dataclass(frozen=True, slots=True)
class _Inner:
    hash: bytes
    left: _Leaf | _Inner | None
    right: _Leaf | _Inner | None


_Node = _Leaf | _Inner | None


@dataclass(frozen=True, slots=True)
class MapProof:
    """Siblings from the leaf's place up to the root; `other` is the (key, value) that stands there instead, if any."""

    siblings: tuple[bytes, ...]
    other: tuple[bytes, bytes] | None = None


@dataclass(frozen=True, slots=True)
class SparseMap:
    """One state of the map: keys and values have 32 bytes."""

    _top: _Node = None

    @property
    def root(self) -> bytes:
        """The root hash."""
        return _hash(self._top)

    def set(self, key: bytes, value: bytes) -> SparseMap:
        """The map with `key` set to `value` (SHA-256 of a record)."""
        return SparseMap(_insert(self._top, _Leaf(_leaf_hash(key, value), key, value), 0))

    def get(self, key: bytes) -> bytes | None:
        """The value under `key`, or None."""
        node, depth = self._top, 0
        while isinstance(node, _Inner):
            node, depth = (node.right if _bit(key, depth) else node.left), depth + 1
        return node.value if node is not None and node.key == key else None

    def prove(self, key: bytes) -> MapProof:
        """Proof of what stands under `key`, or of its absence."""
        siblings: list[bytes] = []
        node = self._top
        while isinstance(node, _Inner):
            here, there = (node.right, node.left) if _bit(key, len(siblings)) else (node.left, node.right)
            siblings.append(_hash(there))
            node = here
        other = (node.key, node.value) if node is not None and node.key != key else None
        return MapProof(tuple(reversed(siblings)), other)


def check_map_proof(*, root: bytes, key: bytes, value: bytes | None, proof: MapProof) -> None:
    """Check that `key` has `value` (None: that it is absent) in the map with `root`. Raises: NotTrusted."""
    depth = len(proof.siblings)
    if depth > MAX_DEPTH or (value is not None and proof.other is not None):
        raise _failed("the index proof is malformed")
    if value is not None:
        current = _leaf_hash(key, value)
    elif proof.other is not None:
        other, held = proof.other
        if other == key or any(_bit(other, place) != _bit(key, place) for place in range(depth)):
            raise _failed("the index proof shows another place than the name's")
        current = _leaf_hash(other, held)
    else:
        current = EMPTY
    for place, sibling in zip(range(depth - 1, -1, -1), proof.siblings, strict=True):
        current = _node_hash(sibling, current) if _bit(key, place) else _node_hash(current, sibling)
    if current != root:
        raise _failed("the index proof does not lead to the logged root")


def _insert(node: _Node, leaf: _Leaf, depth: int) -> _Leaf | _Inner:
    if node is None:
        return leaf
    if isinstance(node, _Leaf):
        return leaf if node.key == leaf.key else _fork(node, leaf, depth)
    if _bit(leaf.key, depth):
        return _inner(node.left, _insert(node.right, leaf, depth + 1))
    return _inner(_insert(node.left, leaf, depth + 1), node.right)


def _fork(old: _Leaf, new: _Leaf, depth: int) -> _Inner:
    split = depth
    while _bit(old.key, split) == _bit(new.key, split):
        split += 1
    made = _inner(old, new) if _bit(new.key, split) else _inner(new, old)
    for place in range(split - 1, depth - 1, -1):
        made = _inner(None, made) if _bit(new.key, place) else _inner(made, None)
    return made


def _inner(left: _Node, right: _Node) -> _Inner:
    return _Inner(_node_hash(_hash(left), _hash(right)), left, right)


def _hash(node: _Node) -> bytes:
    return EMPTY if node is None else node.hash


def _bit(key: bytes, place: int) -> int:
    return key[place >> 3] >> (7 - (place & 7)) & 1


def _leaf_hash(key: bytes, value: bytes) -> bytes:
    return hashlib.sha256(_LEAF + key + value).digest()


def _node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


def _failed(what: str) -> NotTrusted:
    return NotTrusted(what, check="index", todo="The hub or mirror is broken or lying; nothing was loaded.")
