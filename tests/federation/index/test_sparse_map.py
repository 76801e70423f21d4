"""The sparse Merkle map: one root for one content, and no proof but the true one."""

import hashlib
import random
from typing import Any

import pytest
from ebpfhub.federation.index.sparse_map import EMPTY, MAX_DEPTH, MapProof, SparseMap, check_map_proof
from ebpfhub.schemas.errors import NotTrusted
from hypothesis import given
from hypothesis import strategies as st

HASHES = st.binary(min_size=32, max_size=32)
# keys that share long prefixes, as an attacker would choose them
NEAR = st.builds(
    lambda first, last: bytes([first]) + bytes(30) + bytes([last]), st.sampled_from([0, 128]), st.integers(0, 255)
)
KEYS = HASHES | NEAR
CONTENTS = st.dictionaries(KEYS, HASHES, max_size=24)


def built(contents: dict[bytes, bytes]) -> SparseMap:
    made = SparseMap()
    for key, value in contents.items():
        made = made.set(key, value)
    return made


def plain_root(contents: dict[bytes, bytes], depth: int = 0) -> bytes:
    """The root as protocol.md section 5 defines it, without any tree."""
    if not contents:
        return bytes(32)
    if len(contents) == 1:
        ((key, value),) = contents.items()
        return hashlib.sha256(b"\x12" + key + value).digest()
    halves: tuple[dict[bytes, bytes], dict[bytes, bytes]] = ({}, {})
    for key, value in contents.items():
        halves[int.from_bytes(key, "big") >> (255 - depth) & 1][key] = value
    return hashlib.sha256(b"\x13" + plain_root(halves[0], depth + 1) + plain_root(halves[1], depth + 1)).digest()


def refused(top: bytes, key: bytes, value: bytes | None, proof: MapProof) -> None:
    with pytest.raises(NotTrusted) as caught:
        check_map_proof(root=top, key=key, value=value, proof=proof)
    assert caught.value.check == "index"


@given(CONTENTS, st.randoms())
def test_root_depends_on_the_content_alone(contents: dict[bytes, bytes], shuffle: Any) -> None:
    items = list(contents.items())
    shuffle.shuffle(items)
    once = built(dict(items))
    assert once.root == built(contents).root == plain_root(contents)
    # values set twice, in any order, leave the last one
    twice = built({key: bytes(32) for key, _ in items})
    for key, value in items:
        twice = twice.set(key, value)
    assert twice.root == once.root


@given(CONTENTS, KEYS, HASHES)
def test_older_map_stays_as_it_was(contents: dict[bytes, bytes], key: bytes, value: bytes) -> None:
    before = built(contents)
    root = before.root
    after = before.set(key, value)
    assert before.root == root == plain_root(contents)
    assert (before.get(key), after.get(key)) == (contents.get(key), value)


@given(CONTENTS, st.lists(KEYS, max_size=5))
def test_presence_and_absence_are_proven(contents: dict[bytes, bytes], others: list[bytes]) -> None:
    made = built(contents)
    for key in {*contents, *others}:
        assert made.get(key) == contents.get(key)
        proof = made.prove(key)
        check_map_proof(root=made.root, key=key, value=contents.get(key), proof=proof)
        assert len(proof.siblings) <= MAX_DEPTH


@given(CONTENTS, KEYS, HASHES, st.data())
def test_no_forged_proof_is_believed(
    contents: dict[bytes, bytes], key: bytes, value: bytes, data: st.DataObject
) -> None:
    made = built({**contents, key: value})
    proof = made.prove(key)
    siblings = proof.siblings
    other_value = data.draw(HASHES.filter(lambda item: item != value))
    other_key = data.draw(KEYS.filter(lambda item: item != key))
    refused(made.root, key, other_value, proof)
    refused(made.root, key, None, proof)
    refused(made.root, key, None, MapProof(siblings, (key, value)))
    refused(made.root, key, value, MapProof(siblings, (other_key, value)))
    refused(made.root, key, value, MapProof((*siblings, EMPTY)))
    refused(made.root, key, value, MapProof((EMPTY, *siblings)))
    refused(hashlib.sha256(made.root).digest(), key, value, proof)
    if contents.get(other_key) != value:
        refused(made.root, other_key, value, proof)
    # another leaf of the map is no evidence of absence: it does not stand where the key would
    stand_in = made.prove(other_key)
    refused(made.root, key, None, stand_in)
    refused(made.root, key, None, MapProof(stand_in.siblings, (other_key, contents.get(other_key, value))))
    if siblings:
        refused(made.root, key, value, MapProof(siblings[1:]))
        refused(made.root, key, value, MapProof(siblings[:-1]))
        refused(made.root, key, None, MapProof(siblings[1:]))
        refused(
            made.root, key, value, MapProof((*siblings[:-1], data.draw(HASHES.filter(lambda h: h != siblings[-1]))))
        )
    if siblings != siblings[::-1]:
        refused(made.root, key, value, MapProof(siblings[::-1]))


@given(CONTENTS, KEYS, HASHES)
def test_absent_key_is_not_proven_present(contents: dict[bytes, bytes], key: bytes, value: bytes) -> None:
    contents.pop(key, None)
    made = built(contents)
    proof = made.prove(key)
    refused(made.root, key, value, MapProof(proof.siblings))
    refused(made.root, key, value, proof)
    if proof.other:
        refused(made.root, key, None, MapProof(proof.siblings))
        other, held = proof.other
        refused(made.root, key, None, MapProof(proof.siblings, (other, bytes([held[0] ^ 1]) + held[1:])))


@given(KEYS, HASHES, st.lists(HASHES, max_size=8).map(tuple), st.none() | st.tuples(HASHES, HASHES), st.none() | HASHES)
def test_arbitrary_proof_is_refused(
    key: bytes, top: bytes, siblings: tuple[bytes, ...], other: tuple[bytes, bytes] | None, value: bytes | None
) -> None:
    if value is None and other is None and not siblings and top == EMPTY:
        return  # the empty map
    refused(top, key, value, MapProof(siblings, other))


def test_leaf_in_a_place_that_is_not_its_own_proves_no_absence() -> None:
    """A lying hub builds a map with somebody else's leaf where the key would stand, and logs its root."""
    key, other, value = bytes(32), b"\x80" + bytes(31), b"v" * 32
    leaf, sibling = hashlib.sha256(b"\x12" + other + value).digest(), hashlib.sha256(b"anything").digest()
    top = hashlib.sha256(b"\x13" + leaf + sibling).digest()
    refused(top, key, None, MapProof((sibling,), (other, value)))


def test_proof_deeper_than_a_key_is_refused() -> None:
    refused(EMPTY, bytes(32), bytes(32), MapProof((EMPTY,) * (MAX_DEPTH + 1)))
    refused(EMPTY, bytes(32), None, MapProof((EMPTY,) * 100_000))


def test_empty_map_proves_every_absence() -> None:
    assert SparseMap().root == EMPTY
    check_map_proof(root=EMPTY, key=b"k" * 32, value=None, proof=SparseMap().prove(b"k" * 32))


def test_keys_that_differ_in_the_last_bit_are_told_apart() -> None:
    low, high = bytes(32), bytes(31) + b"\x01"
    made = built({low: b"l" * 32, high: b"h" * 32})
    for key, value in ((low, b"l" * 32), (high, b"h" * 32)):
        proof = made.prove(key)
        assert len(proof.siblings) == MAX_DEPTH
        check_map_proof(root=made.root, key=key, value=value, proof=proof)
    check_map_proof(root=made.root, key=b"\x80" + bytes(31), value=None, proof=made.prove(b"\x80" + bytes(31)))


def test_proofs_of_a_large_map_stay_short() -> None:
    numbers = random.Random(3)
    contents = {numbers.randbytes(32): numbers.randbytes(32) for _ in range(5000)}
    made = built(contents)
    lengths = [len(made.prove(key).siblings) for key in contents]
    assert max(lengths) <= 32 and sum(lengths) / len(lengths) < 15
