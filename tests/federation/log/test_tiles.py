"""Coordinates and contents of tiles (c2sp.org/tlog-tiles)."""

from random import Random

import pytest
from ebpfhub.federation.log.tiles import (
    HashTile,
    TileName,
    pack_entries,
    tile_names,
    unpack_entries,
    unpack_entry,
    width_at,
)
from ebpfhub.schemas.entry import MAX_ENTRY_BYTES
from ebpfhub.schemas.errors import BadInput
from ebpfhub.signing.merkle import leaf_hash, node_hash
from hypothesis import given
from hypothesis import strategies as st

LEVELS = st.none() | st.integers(0, 7)


def test_specifications_example_of_70_000_entries() -> None:
    names = tile_names(70_000)
    for level in (0, None):
        here = [name for name in names if name.level == level]
        assert [name.width for name in here] == [256] * 273 + [112]
    assert [(name.index, name.width) for name in names if name.level == 1] == [(0, 256), (1, 17)]
    assert [(name.index, name.width) for name in names if name.level == 2] == [(0, 1)]
    assert not [name for name in names if (name.level or 0) > 2]
    assert {"tile/0/x001/000", "tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"} & {n.path for n in names} == {
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 1234067), "tile/0/x001/x234/067"),
        (TileName(3, 0, 5), "tile/3/000.p/5"),
        (TileName(None, 999), "tile/entries/999"),
        (TileName(None, 1000, 255), "tile/entries/x001/000.p/255"),
        (TileName(7, 2**63 >> 8), "tile/7/x036/x028/x797/x018/x963/968"),
    ],
)
def test_paths_are_the_specifications(name: TileName, path: str) -> None:
    assert name.path == path
    assert TileName.parse(path) == name


@given(LEVELS, st.integers(0, 2**55), st.integers(1, 256))
def test_every_path_reads_back(level: int | None, index: int, width: int) -> None:
    name = TileName(level, index, width)
    assert TileName.parse(name.path) == name


@pytest.mark.parametrize(
    "path",
    [
        *("", "tile", "tile/0", "tile/8/000", "tile/-1/000", "tile/00/000", "tile/0/0", "tile/0/00", "tile/0/0000"),
        *("tile/0/x000/000", "tile/0/x000/001", "tile/0/001/000", "tile/0/x1/000", "tile/0/x001", "tile/0/000.p"),
        *(
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/257",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/000.p/1/",
        ),
        *(
            "tile/0/../checkpoint",
            "/tile/0/000",
            "tile/0/000\n",
            "tile/0/\u0660\u0660\u0660",
            "tile/0/000?x",
            "TILE/0/000",
            "tile/data/000",
        ),
        "tile/0/" + "x001/" * 7 + "000",
        "tile/0/" + "x001/" * 5000 + "000",
    ],
)
def test_other_path_is_no_tile(path: str) -> None:
    with pytest.raises(BadInput):
        TileName.parse(path)


@given(st.text(max_size=60) | st.text("tile/0x12.p", max_size=30))
def test_arbitrary_path_is_a_tile_or_refused(path: str) -> None:
    try:
        assert TileName.parse(path).path == path
    except BadInput:
        return


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_growth_names_what_is_new_and_nothing_else(one: int, two: int) -> None:
    since, size = sorted((one, two))
    everything, before = set(tile_names(size)), set(tile_names(since))
    assert set(tile_names(size, since)) == everything - before
    assert all(width_at(name.level, name.index, size) == name.width for name in everything)


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_bundle_reads_back(entries: list[bytes]) -> None:
    data = pack_entries(entries)
    assert unpack_entries(data, count=len(entries)) == entries
    if entries:
        assert unpack_entries(data, count=len(entries) - 1) == entries[:-1]
        with pytest.raises(BadInput):
            unpack_entries(data[:-1], count=len(entries))
        with pytest.raises(BadInput):
            unpack_entries(data, count=len(entries) + 1)


def test_bundle_is_the_specifications() -> None:
    assert pack_entries([b"", b"ab"]) == b"\x00\x00\x00\x02ab"
    assert unpack_entries(pack_entries([b"x" * MAX_ENTRY_BYTES]), count=1) == [b"x" * MAX_ENTRY_BYTES]


def test_entry_that_no_bundle_holds_is_refused() -> None:
    with pytest.raises(BadInput):
        pack_entries([b"x" * (MAX_ENTRY_BYTES + 1)])


@given(st.binary(max_size=600), st.integers(0, 256))
def test_arbitrary_bundle_is_read_or_refused(data: bytes, count: int) -> None:
    try:
        entries = unpack_entries(data, count=count)
    except BadInput:
        return
    assert data.startswith(pack_entries(entries))


@given(st.lists(st.binary(max_size=40), max_size=20), st.integers(0, 25), st.integers(0, 3))
def test_one_entry_of_a_bundle_is_the_same_as_among_all(entries: list[bytes], place: int, lost: int) -> None:
    data = pack_entries(entries)
    data = data[: len(data) - lost]
    try:
        expected = unpack_entries(data, count=place + 1)[place]
    except BadInput:
        with pytest.raises(BadInput):
            unpack_entry(data, place)
    else:
        assert unpack_entry(data, place) == expected


@given(st.binary(max_size=600), st.integers(0, 255))
def test_one_entry_of_an_arbitrary_bundle_is_read_or_refused(data: bytes, place: int) -> None:
    try:
        entry = unpack_entry(data, place)
    except BadInput:
        return
    assert entry in data


@given(st.integers(1, 256), st.randoms(use_true_random=False))
def test_roots_in_a_tile_are_those_of_its_complete_subtrees(width: int, chosen: Random) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(width)]
    tile = HashTile(b"".join(leaves))
    assert tile.width == width
    levels = list(range(width.bit_length()))
    chosen.shuffle(levels)  # they are worked out in no order
    for level in levels:
        for index in range(width >> level):
            assert tile.root(level, index) == _root(leaves[index << level : (index + 1) << level])


def _root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    half = len(hashes) // 2
    return node_hash(_root(hashes[:half]), _root(hashes[half:]))
