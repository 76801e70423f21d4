"""RFC 6962 trees: published roots and proofs, then every proof for all sizes up to 70, honest and forged."""

import hashlib

import pytest
from ebpfhub.schemas.errors import NotTrusted
from ebpfhub.signing.merkle import (
    EMPTY_ROOT,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)
from hypothesis import given
from hypothesis import strategies as st

# leaves, roots and proofs of the certificate-transparency reference implementation
REFERENCE = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): ["96a296d2", "5f083f0a", "6b47aaf2"],
    (5, 8): ["bc1a0643", "ca854ea1", "d37ee418"],
}
CONSISTENCY = {
    (1, 8): ["96a296d2", "5f083f0a", "6b47aaf2"],
    (6, 8): ["0ebc5d34", "ca854ea1", "d37ee418"],
    (2, 5): ["5f083f0a", "bc1a0643"],
}
LARGEST = 70


class Memory:
    """Hashes of complete subtrees, computed as the RFC defines them."""

    def __init__(self, entries: list[bytes]) -> None:
        self._levels = [[leaf_hash(entry) for entry in entries]]
        while len(self._levels[-1]) > 1:
            below = self._levels[-1]
            self._levels.append([node_hash(below[at], below[at + 1]) for at in range(0, len(below) - 1, 2)])

    def at(self, level: int, index: int) -> bytes:
        return self._levels[level][index]


def mth(leaves: list[bytes]) -> bytes:
    """The Merkle tree hash as RFC 6962 section 2.1 writes it."""
    if len(leaves) <= 1:
        return leaf_hash(leaves[0]) if leaves else hashlib.sha256().digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(mth(leaves[:k]), mth(leaves[k:]))


LEAVES = [f"entry {number}".encode() for number in range(LARGEST)]
TREE = Memory(LEAVES)
TREE_ROOTS = [mth(LEAVES[:size]) for size in range(LARGEST + 1)]


def test_roots_of_the_reference_implementation() -> None:
    tree = Memory(REFERENCE)
    assert [root(tree, size).hex() for size in range(9)] == ROOTS
    assert EMPTY_ROOT.hex() == ROOTS[0]


def test_proofs_of_the_reference_implementation() -> None:
    tree = Memory(REFERENCE)
    for (index, size), expected in INCLUSION.items():
        assert [item.hex()[:8] for item in inclusion_proof(tree, index, size)] == expected
    for (old, new), expected in CONSISTENCY.items():
        assert [item.hex()[:8] for item in consistency_proof(tree, old, new)] == expected


def test_roots_of_all_sizes_follow_the_definition() -> None:
    assert [root(TREE, size) for size in range(LARGEST + 1)] == TREE_ROOTS


def test_every_entry_of_every_size_is_proven() -> None:
    for size in range(1, LARGEST + 1):
        for index in range(size):
            proof = inclusion_proof(TREE, index, size)
            check(index, size, proof)
            assert len(proof) <= (size - 1).bit_length()


def test_every_growth_is_proven() -> None:
    for new in range(LARGEST + 1):
        for old in range(new + 1):
            grown(old, new, consistency_proof(TREE, old, new))


def test_inclusion_in_another_place_size_or_tree_is_refused() -> None:
    for size in (1, 2, 3, 7, 8, 33, 64, 70):
        for index in range(size):
            proof = inclusion_proof(TREE, index, size)
            for other in {index - 1, index + 1, index ^ 1, size, -1} - {index}:
                refused(other, size, proof, leaf=LEAVES[index])
            for other in {0, size - 1, size + 1, size * 2} - {size}:
                if not same_path(index, size, other):
                    refused(index, other, proof, leaf=LEAVES[index], top=TREE_ROOTS[size])
            refused(index, size, proof, leaf=b"another entry")
            refused(index, size, proof, top=TREE_ROOTS[size - 1])


def test_damaged_inclusion_proof_is_refused() -> None:
    for size in (2, 3, 7, 8, 33, 64, 70):
        for index in range(size):
            proof = inclusion_proof(TREE, index, size)
            refused(index, size, proof[:-1])
            refused(index, size, proof[1:])
            refused(index, size, (*proof, bytes(32)))
            refused(index, size, (bytes(32), *proof))
            refused(index, size, (*proof[:-1], bytes(32)))
            if len(proof) > 1:
                refused(index, size, proof[::-1])


def test_inner_node_is_no_entry() -> None:
    # the leaf and node prefixes keep the hash of two leaves from passing as an entry of a smaller log
    pair = node_hash(leaf_hash(LEAVES[0]), leaf_hash(LEAVES[1]))
    forged = leaf_hash(LEAVES[0]) + leaf_hash(LEAVES[1])
    assert leaf_hash(forged) != pair
    refused(0, 2, inclusion_proof(TREE, 0, 4)[1:], leaf=forged, top=TREE_ROOTS[4])


def test_forked_log_is_refused() -> None:
    other = Memory([b"forged", *LEAVES[1:]])
    for new in range(2, LARGEST + 1, 3):
        for old in range(1, new, 2):
            for proof in (consistency_proof(TREE, old, new), consistency_proof(other, old, new)):
                not_grown(old, new, proof, new_root=root(other, new))
                not_grown(old, new, proof, old_root=root(other, old))
    not_grown(5, 5, (), new_root=root(other, 5))


def test_damaged_consistency_proof_is_refused() -> None:
    for new in range(2, LARGEST + 1, 3):
        for old in range(1, new):
            proof = consistency_proof(TREE, old, new)
            for damaged in (proof[:-1], proof[1:], (*proof, bytes(32)), (bytes(32), *proof), (*proof[:-1], bytes(32))):
                not_grown(old, new, damaged)
            not_grown(new, old, proof)


def test_consistency_of_another_size_is_refused() -> None:
    for new in (3, 5, 8, 33, 64):
        for old in range(1, new):
            proof = consistency_proof(TREE, old, new)
            for other in (new * 2, new * 4, new * 1000):
                not_grown(old, other, proof, new_root=TREE_ROOTS[new])


def test_proof_where_none_is_needed_is_refused() -> None:
    not_grown(0, 5, (bytes(32),))
    not_grown(5, 5, (bytes(32),))


HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=70).map(tuple)


@given(st.integers(-1, 2**63), st.integers(-1, 2**63), HASHES)
def test_arbitrary_inclusion_proof_is_refused(index: int, size: int, proof: tuple[bytes, ...]) -> None:
    with pytest.raises(NotTrusted):
        check_inclusion(leaf=bytes(32), index=index, size=size, proof=proof, expected=b"\x01" * 32)


@given(st.integers(1, 2**63), st.integers(0, 2**63), HASHES)
def test_arbitrary_consistency_proof_is_refused(old: int, new: int, proof: tuple[bytes, ...]) -> None:
    with pytest.raises(NotTrusted):
        check_consistency(old=old, new=new, old_root=bytes(32), new_root=b"\x01" * 32, proof=proof)


def test_proof_of_what_is_not_there_is_not_made() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ValueError, match="not in a tree"):
            inclusion_proof(TREE, index, size)
    with pytest.raises(ValueError, match="no consistency"):
        consistency_proof(TREE, 6, 5)


def check(index: int, size: int, proof: tuple[bytes, ...], *, leaf: bytes = b"", top: bytes = b"") -> None:
    check_inclusion(
        leaf=leaf_hash(leaf or LEAVES[index]), index=index, size=size, proof=proof, expected=top or TREE_ROOTS[size]
    )


def refused(index: int, size: int, proof: tuple[bytes, ...], *, leaf: bytes = b"", top: bytes = b"") -> None:
    with pytest.raises(NotTrusted) as caught:
        check(index, size, proof, leaf=leaf, top=top or TREE_ROOTS[min(size, LARGEST)])
    assert caught.value.check == "inclusion"


def same_path(index: int, size: int, other: int) -> bool:
    """Tell whether the audit path of `index` folds alike in trees of both sizes: then only the root tells them apart."""
    return index < other and path_shape(index, size) == path_shape(index, other)


def path_shape(index: int, size: int) -> list[bool]:
    shape, fn, sn = [], index, size - 1
    while sn:
        left = bool(fn & 1 or fn == sn)
        if left or fn != sn:
            shape.append(left)
        if left:
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        fn, sn = fn >> 1, sn >> 1
    return shape


def grown(
    old: int, new: int, proof: tuple[bytes, ...], *, old_root: bytes | None = None, new_root: bytes | None = None
) -> None:
    check_consistency(
        old=old, new=new, old_root=old_root or TREE_ROOTS[old], new_root=new_root or TREE_ROOTS[new], proof=proof
    )


def not_grown(
    old: int, new: int, proof: tuple[bytes, ...], *, old_root: bytes | None = None, new_root: bytes | None = None
) -> None:
    with pytest.raises(NotTrusted) as caught:
        grown(old, new, proof, old_root=old_root, new_root=new_root)
    assert caught.value.check == "consistency"
