"""The index answer's message: bounded everywhere, and read only in its canonical form."""

from dataclasses import replace
from typing import Any

import pytest
from ebpfhub.schemas.answer import (
    MAX_ANSWER_BYTES,
    MAX_CLAIMS,
    MAX_MAP_PROOF,
    MAX_TREE_PROOF,
    IndexAnswer,
    LoggedEntry,
    ProvenRecord,
)
from ebpfhub.schemas.codec import decode, encode
from ebpfhub.schemas.entry import MAX_ENTRY_BYTES
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.record import MAX_RECORD_BYTES
from hypothesis import given
from hypothesis import strategies as st

HASHES = (bytes(32), b"\x01" * 32)
ENTRY = LoggedEntry(3, b"entry", HASHES)
PROVEN = ProvenRecord(b"record", HASHES)
ABSENT = ProvenRecord(None, HASHES, (b"\x02" * 32, b"\x03" * 32))
ANSWER = IndexAnswer("note\n", HASHES, ENTRY, PROVEN, PROVEN, ENTRY, (ENTRY, ENTRY), ENTRY)


@pytest.mark.parametrize(
    "answer",
    [
        ANSWER,
        IndexAnswer("note\n", (), ENTRY, ABSENT, None, None, ()),
        replace(ANSWER, version=ABSENT, release=None),
        replace(ANSWER, version=ProvenRecord(None, ())),
    ],
)
def test_answer_reads_back(answer: IndexAnswer) -> None:
    assert IndexAnswer.parse(answer.encode()) == answer


def test_largest_parts_fit_in_an_answer() -> None:
    entry = LoggedEntry(2**62, b"e" * MAX_ENTRY_BYTES, (bytes(32),) * 63)
    record = ProvenRecord(b"r" * MAX_RECORD_BYTES, (bytes(32),) * MAX_MAP_PROOF)
    small = ProvenRecord(b"r" * 1000, (bytes(32),) * MAX_MAP_PROOF)
    answer = IndexAnswer(
        "n" * 16384, (bytes(32),) * MAX_TREE_PROOF, ENTRY, record, small, entry, (entry,) * MAX_CLAIMS, entry
    )
    assert IndexAnswer.parse(answer.encode()) == answer


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("v",), 1),
        (("checkpoint",), "n" * 65537),
        (("checkpoint",), b"note"),
        (("consistency",), [bytes(32)] * (MAX_TREE_PROOF + 1)),
        (("consistency",), [bytes(31)]),
        (("consistency",), None),
        (("last",), None),
        (("last", "index"), -1),
        (("last", "index"), 2**63),
        (("last", "data"), b"x" * (MAX_ENTRY_BYTES + 1)),
        (("last", "data"), "text"),
        (("last", "proof"), ["x" * 32]),
        (("package",), None),
        (("package", "record"), b"x" * (MAX_RECORD_BYTES + 1)),
        (("package", "siblings"), [bytes(32)] * (MAX_MAP_PROOF + 1)),
        (("package", "other"), [bytes(32)]),
        (("package", "other"), [bytes(32)] * 3),
        (("package", "other"), [bytes(31), bytes(33)]),
        (("version",), []),
        (("release",), 1),
        (("claims",), "x"),
        (("claims",), None),
        (("claims",), [None]),
        (("cause",), "x"),
    ],
    ids=str,
)
def test_part_outside_its_bounds_is_refused(path: tuple[str, ...], value: Any) -> None:
    message = decode(ANSWER.encode(), limit=MAX_ANSWER_BYTES)
    target = message
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    with pytest.raises(BadInput):
        IndexAnswer.parse(encode(message))


def test_answer_that_is_too_large_is_refused_before_it_is_read() -> None:
    with pytest.raises(BadInput, match="more than"):
        IndexAnswer.parse(b"\x81" * (MAX_ANSWER_BYTES + 1))


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        IndexAnswer.parse(data)


@given(st.data())
def test_changed_byte_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(ANSWER.encode())
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        read = IndexAnswer.parse(bytes(raw))
    except BadInput:
        return
    assert IndexAnswer.parse(read.encode()) == read
