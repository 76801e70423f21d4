"""The verdict on what came: counts, the nearest thing and what differs in it, whatever a package expects."""

from __future__ import annotations

import json
import struct

import pytest
from ebpfhub.client.package_tests.trial.judge import Judge
from ebpfhub.schemas.c_type import ARRAY, INTEGER, STRING, STRUCT, CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package_tests import Expected
from ebpfhub.schemas.program import EventStream, MapView, Usage
from hypothesis import given
from hypothesis import strategies as st

INT = CType(INTEGER, 4, "int", signed=True)
U64 = CType(INTEGER, 8, "long")
EVENT = CType(
    STRUCT, 24, "opened",
    members=(Member("pid", 0, INT), Member("ret", 4, INT, show="errno"), Member("comm", 8, CType(STRING, 16))),
)  # fmt: skip
COUNTS = MapView("counts", "table", INT, CType(STRUCT, 8, "calls", members=(Member("count", 0, U64),)))
SLOTS = MapView("slots", "log2", INT, CType(ARRAY, 16, length=2, item=U64))
OPENS = Usage(events=(EventStream("events", "ringbuf", EVENT),))
BOTH = Usage(events=OPENS.events, views=(COUNTS, SLOTS))


def opened(pid: int, ret: int, comm: bytes) -> bytes:
    """A record."""
    return struct.pack("=ii16s", pid, ret, comm)


def test_all_that_is_expected_must_come() -> None:
    judge = Judge(OPENS, [Expected("ret == ENOENT and comm == 'cat'"), Expected(fields=(("pid", 7),), times=2)])
    judge.batch(0, [opened(7, -2, b"cat")])
    assert not judge.met()
    judge.batch(0, [opened(7, 3, b"dog"), opened(8, 3, b"dog")])
    assert judge.met()
    assert judge.unmet() == ()


def test_the_last_of_the_nearest_is_told_with_what_differs() -> None:
    judge = Judge(OPENS, [Expected("pid == 7 and (ret == ENOENT or ret > 9) and comm ~ 'c*'")])
    judge.batch(0, [opened(1, 3, b"cat"), opened(7, 4, b"cow"), opened(7, 3, b"cat"), opened(7, 3, b"dog")])
    (unmet,) = judge.unmet()
    assert json.loads(unmet.nearest) == {"pid": 7, "ret": 3, "comm": "cat"}
    assert unmet.differs == ("ret == ENOENT or ret > 9, but ret is 3",)
    assert unmet.came == 0


def test_of_two_as_near_the_one_that_meets_what_stands_first_is_told() -> None:
    judge = Judge(OPENS, [Expected(fields=(("comm", "cat"), ("ret", 3)))])
    judge.batch(0, [opened(1, 4, b"cat"), opened(2, 3, b"dog")])
    assert judge.unmet()[0].differs == ("ret == 3, but ret is 4",)


def test_where_nothing_came_there_is_no_nearest() -> None:
    (unmet,) = Judge(OPENS, [Expected("pid")]).unmet()
    assert (unmet.expected, unmet.came, unmet.nearest, unmet.differs) == ("pid", 0, "", ())


def test_fields_are_compared_as_json_has_them() -> None:
    usage = Usage(
        events=(EventStream("e", "ringbuf", CType(STRUCT, 1, "b", members=(Member("ok", 0, CType("boolean", 1)),))),)
    )
    for wanted, met in ((True, True), (1, False), ("true", False)):
        judge = Judge(usage, [Expected(fields=(("ok", wanted),))])
        judge.batch(0, [b"\1"])
        assert judge.met() == met


def test_rows_of_a_view_count_at_one_look() -> None:
    judge = Judge(BOTH, [Expected("event == 'counts' and count > 5", times=2)])
    one, two = (struct.pack("=i", 1), (struct.pack("=Q", 6),)), (struct.pack("=i", 2), (struct.pack("=Q", 9),))
    judge.looked(0, [one])
    judge.looked(0, [one])
    assert not judge.met()
    judge.looked(0, [one, two])
    assert judge.met()


def test_a_histogram_is_looked_into_by_its_text() -> None:
    judge = Judge(BOTH, [Expected("value ~ '*[1-9]*'")])
    judge.looked(1, [(bytes(4), (bytes(16),))])
    assert not judge.met()
    judge.looked(1, [(bytes(4), (struct.pack("=QQ", 0, 3),))])
    assert judge.met()


def test_kinds_are_told_apart_by_their_name() -> None:
    judge = Judge(BOTH, [Expected(fields=(("event", "opened"), ("pid", 7)))])
    judge.batch(0, [opened(7, 0, b"cat")])
    assert judge.met()


def test_what_must_not_come_spoils_it() -> None:
    judge = Judge(OPENS, [Expected("ret < 0", times=0), Expected("ret >= 0")])
    judge.batch(0, [opened(7, 3, b"cat")])
    assert judge.met() and not judge.spoiled()
    judge.batch(0, [opened(7, -2, b"cat"), opened(7, 5, b"dog")])
    assert judge.spoiled() and not judge.met()
    (unmet,) = judge.unmet()
    assert (unmet.expected, unmet.came) == ("none: ret < 0", 1)
    assert json.loads(unmet.nearest)["ret"] == -2


def test_lines_come_in_pieces_and_the_last_may_have_no_end() -> None:
    judge = Judge(OPENS, [Expected(line="hello *"), Expected(said="by?")])
    judge.text(b"hel")
    judge.text(b"lo you\nby")
    judge.text(b"bye", of="said")
    assert not judge.met()
    judge.end()
    assert judge.met()


def test_a_line_without_end_is_broken_and_takes_no_memory() -> None:
    judge = Judge(OPENS, [Expected(said="never")])
    for _ in range(100):
        judge.text(b"y" * 100_000, of="said")
    assert len(judge._lines["said"]._rest) <= 4096


@pytest.mark.parametrize(
    "expected",
    [Expected("nosuch == 1"), Expected(fields=(("nosuch", 1),)), Expected("pid =="), Expected("pid == 'x'"), Expected(fields=(("event", "opened"),))],
    ids=str,
)  # fmt: skip
def test_what_the_program_cannot_meet_is_refused(expected: Expected) -> None:
    with pytest.raises(BadInput):
        Judge(OPENS, [expected])


@given(
    st.text(max_size=60) | st.text("()'\"!=<>~&| apidretcomm019-.*[]", max_size=60), st.lists(st.binary(max_size=40))
)
def test_any_expectation_is_judged_or_refused(text: str, records: list[bytes]) -> None:
    for expected in (Expected(filter=text), Expected(line=text), Expected(said=text), Expected(fields=((text, text),))):
        try:
            judge = Judge(BOTH, [expected])
        except BadInput:
            continue
        judge.batch(0, records)
        judge.looked(0, [(record, (record,)) for record in records])
        for of in ("line", "said"):
            judge.text(b"\n".join(records), of=of)
        judge.end()
        assert judge.met() == (not judge.unmet())
