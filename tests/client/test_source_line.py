"""Lines of source under errors: the caret stands under the column, whatever the line holds, and all fits 80 columns."""

from __future__ import annotations

from ebpfhub.client.output.text import columns
from ebpfhub.client.source_line import WIDTH, source_with_caret
from hypothesis import given
from hypothesis import strategies as st


def test_tabs_become_blanks_and_the_caret_stays_in_place() -> None:
    assert source_with_caret("\treturn\tx;", 9) == ("    return  x;", "            ^")


def test_columns_are_bytes_and_wide_characters_take_two() -> None:
    line, caret = source_with_caret('/* 内核 */ int x = "é" + y;', 1 + len('/* 内核 */ int x = "é" + '.encode()))
    assert line == '/* 内核 */ int x = "é" + y;'
    assert len(caret) == columns('/* 内核 */ int x = "é" + ') + 1


def test_a_deeply_indented_line_loses_its_blanks_first() -> None:
    line, caret = source_with_caret("\t" * 12 + "if (the_first_thing && another)", 17)
    assert line == "if (the_first_thing && another)"
    assert caret == "    ^"


def test_a_line_that_is_too_long_is_cut_around_the_column() -> None:
    line, caret = source_with_caret("a" * 500 + "X" + "b" * 500, 501)
    assert line[len(caret) - 1] == "X"
    assert line.startswith("…")
    assert line.endswith("…")


def test_no_column_no_caret() -> None:
    assert source_with_caret("int x;", 0) == ("int x;",)


@given(st.text(max_size=600), st.integers(0, 2000))
def test_any_line_is_shown_printable_and_within_the_width(source: str, column: int) -> None:
    for line in source_with_caret(source, column):
        assert line.isprintable()
        assert columns(line) <= WIDTH
