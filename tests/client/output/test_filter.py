"""What --filter promises: comparisons that say what they mean, errors that show the place, and nothing else than these."""

from __future__ import annotations

import struct
from contextlib import suppress

import pytest
from ebpfhub.client.output.filter import bound_filter, check_filter
from ebpfhub.client.output.filter_syntax import MAX_DEPTH, MAX_LENGTH, parse_filter
from ebpfhub.client.output.selection import Selection
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

U32, S32, U64, COMM = (
    CType("integer", 4),
    CType("integer", 4, signed=True),
    CType("integer", 8),
    CType("string", 16),
)
MOOD = CType("enum", 4, "mood", values=(("CALM", 0), ("ANGRY", 7)))
EVENT = CType(
    "struct",
    60,
    "event",
    members=(
        Member("pid", 0, U32),
        Member("ret", 4, S32, show="errno"),
        Member("took", 8, U64, show="duration"),
        Member("comm", 16, COMM),
        Member("sig", 32, U32, show="signal"),
        Member("ip", 36, U32, show="ip"),
        Member("port", 40, CType("integer", 2), show="port"),
        Member("ok", 42, CType("boolean", 1)),
        Member("mood", 44, MOOD),
        Member("ratio", 52, CType("float", 8)),
    ),
)
SELECTION = Selection(EVENT, label="event_type")
RECORD = struct.pack(
    "=IiQ16sI4s2s?xI4xd", 7, -2, 12_000_000, b"sshd", 9, bytes([10, 0, 0, 1]), b"\x01\xbb", True, 7, 0.5
)


def keeps(text: str, record: bytes = RECORD) -> bool:
    check_filter(text, [SELECTION])
    rows, _ = SELECTION.decoder.rows([record])
    return bound_filter(text, SELECTION)(rows[0])


@pytest.mark.parametrize(
    "text",
    [
        "pid == 7",
        "pid=7",
        "7 == pid",
        "PID >= 0x7",
        "pid != 8 and pid < 8 and pid <= 7 and pid > 6",
        "pid == 8 or comm == 'sshd'",
        'pid == 8 || comm == "sshd" && pid == 7',
        "not pid == 8",
        "!(pid == 8)",
        "(pid == 8 or pid == 7) and not (ok == false)",
        "comm ~ 'ss*'",
        "comm ~ '?[a-t]hd'",
        "comm !~ 's'",
        "comm < 'tail'",
        "ret == ENOENT",
        "ret == -2",
        "ret < 0",
        "ret != 'EPERM'",
        "sig == SIGKILL",
        "sig == KILL",
        "sig == 9",
        "took > 10ms and took < 1s and took == 12000us",
        "took > 1M and took < 1G",
        "ip == '10.0.0.1'",
        "ip ~ '10.*'",
        "port == 443",
        "ok",
        "ok == true",
        "mood == ANGRY",
        "mood == 'ANGRY'",
        "mood == 7",
        "ratio > 0.4",
        "event == 'event_type'",
    ],
)
def test_what_is_true_is_kept(text: str) -> None:
    assert keeps(text)
    assert not keeps(f"not ({text})")


@pytest.mark.parametrize(
    "text", ["ret == 2", "comm == 'ssh'", "comm ~ 'ssh'", "pid > 7", "ip == '10.0.0.2'", "event != 'event_type'"]
)
def test_what_is_false_is_not(text: str) -> None:
    assert not keeps(text)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("pid ==", 7),
        ("pid == 7 7", 10),
        ("(pid == 7", 10),
        ("pid == 'x", 8),
        ("pid == 'x'", 5),
        ("comm == 7", 6),
        ("pid == 12x", 8),
        ("pid ~ '7'", 1),
        ("comm ~ 7", 8),
        ("pid; drop", 4),
        ("7 == 7", 1),
        ("and", 1),
        ("", 1),
    ],
)
def test_an_error_shows_its_place(text: str, place: int) -> None:
    with pytest.raises(BadInput, match=f"at character {place}:") as caught:
        keeps(text)
    assert caught.value.where == "--filter"


def test_an_unknown_field_is_told_with_what_is_near() -> None:
    with pytest.raises(BadInput, match="no field 'pd'") as caught:
        keeps("pd == 7")
    assert "pid" in caught.value.todo
    with pytest.raises(BadInput, match="no field 'SIGKILLED'"):
        keeps("sig == SIGKILLED")


def test_what_is_missing_is_equal_to_nothing_and_different_from_nothing() -> None:
    for text in ("comm == ''", "comm != 'x'", "comm ~ '*'", "ratio < 1"):
        assert not keeps(text, RECORD[:8])
    assert keeps("pid == 7", RECORD[:8])


def test_a_field_that_only_another_kind_of_event_has_is_equal_to_nothing_here() -> None:
    other = Selection(CType("struct", 4, "exit", members=(Member("code", 0, U32),)), label="exit")
    check_filter("code == 0", [SELECTION, other])
    rows, _ = SELECTION.decoder.rows([RECORD])
    assert not bound_filter("code == 0", SELECTION)(rows[0])
    assert bound_filter("code == 0 or pid == 7", SELECTION)(rows[0])


def test_length_and_depth_are_bounded() -> None:
    assert keeps("(" * MAX_DEPTH + "pid == 7" + ")" * MAX_DEPTH)
    for text in ("(" * 1000 + "pid", "not " * 1000 + "pid", "pid == 7 or " * MAX_LENGTH + "pid"):
        with pytest.raises(BadInput):
            keeps(text)


def test_a_pattern_made_to_be_slow_is_not() -> None:
    text = "comm ~ '" + "*a" * 60 + "*b'"
    assert not keeps(text, RECORD[:16] + b"a" * 15 + RECORD[31:])


WORDS = st.sampled_from(
    "pid comm ret and or not ( ) == ~ !~ < = 7 -2 1.5 10ms 0x 'a' '[a' '*' SIGKILL ENOENT event ! && ' true 1e9 ip mood ok"
    f" {'9' * 60} \x00 é".split(" ")
)


@given(
    st.one_of(
        st.text(max_size=40), st.lists(WORDS, max_size=12).map(" ".join), st.lists(WORDS, max_size=8).map("".join)
    )
)
def test_any_text_is_a_filter_or_bad_input(text: str) -> None:
    try:
        check_filter(text, [SELECTION])
        keep = bound_filter(text, SELECTION)
    except BadInput as error:
        assert error.what.isprintable()
        return
    for record in (RECORD, bytes(60), b"\xff" * 60, RECORD[:9]):
        rows, _ = SELECTION.decoder.rows([record])
        assert keep(rows[0]) in (True, False)


@given(st.text(max_size=60))
def test_parsing_alone_never_fails_otherwise(text: str) -> None:
    with suppress(BadInput):
        parse_filter(text)
