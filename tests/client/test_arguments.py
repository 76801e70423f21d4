"""The command line of a packaged program: every form of an option, every C type, every mistake."""

from __future__ import annotations

import os
import string
import struct
import sys

import pytest
from ebpfhub.client.arguments import encode, parse_arguments, render_help, wants_help
from ebpfhub.schemas.c_type import CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.program import EventStream, Option, Usage
from hypothesis import given
from hypothesis import strategies as st

S32, U16, BOOL = CType("integer", 4, signed=True), CType("integer", 2), CType("boolean", 1)
NAME, RATIO = CType("string", 16), CType("float", 8)
MOOD = CType("enum", 4, "mood", values=(("CALM", 0), ("ANGRY", 7)))
EVENT = CType("struct", 20, "event", members=(Member("pid", 0, S32, "process"), Member("comm", 4, NAME)))
USAGE = Usage(
    (
        Option("target_pid", "pid", "p", "Only this process", ".rodata", 0, S32, 0),
        Option("port_number", "port_number", "", "", ".rodata", 4, U16, 80),
        Option("verbose", "verbose", "v", "Say more", ".data", 0, BOOL, False),
        Option("failed_only", "failed-only", "x", "", ".rodata", 6, BOOL, True),
        Option("comm", "comm", "c", "", ".rodata", 8, NAME),
        Option("ratio", "ratio", "", "", ".rodata", 24, RATIO),
        Option("mood", "mood", "m", "", ".rodata", 32, MOOD),
        Option("ports", "ports", "", "", ".rodata", 36, CType("array", 6, length=3, item=U16)),
        Option("rule", "rule", "", "", ".rodata", 48, CType("struct", 4)),
    ),
    (EventStream("events", "ringbuf", EVENT),),
)


def parsed(*arguments: str) -> dict[int, bytes]:
    return {offset: value for section, offset, value in parse_arguments(arguments, USAGE) if section == ".rodata"}


@pytest.mark.parametrize(
    "written",
    [["--pid", "1234"], ["--pid=1234"], ["-p", "1234"], ["-p1234"], ["--pid=1", "-p", "1234"], ["-p", "0x4d2", "--"]],
)
def test_every_way_to_write_an_option_means_the_same(written: list[str]) -> None:
    assert parse_arguments(written, USAGE) == [(".rodata", 0, struct.pack("=i", 1234))]


def test_variables_that_are_not_named_keep_their_bytes() -> None:
    assert parse_arguments([], USAGE) == []


def test_underscores_and_dashes_are_the_same_in_long_names() -> None:
    assert parsed("--port-number", "81") == parsed("--port_number=81") == {4: struct.pack("=H", 81)}
    assert parsed("--failed_only") == {6: b"\1"}


def test_booleans_are_switches() -> None:
    assert parse_arguments(["--verbose"], USAGE) == [(".data", 0, b"\1")]
    assert parsed("--no-failed-only") == parsed("--failed-only=false") == parsed("--disable-failed_only") == {6: b"\0"}
    assert parsed("--enable-failed-only") == parsed("-x") == {6: b"\1"}


def test_short_switches_cluster_and_the_last_may_take_a_value() -> None:
    assert parse_arguments(["-vxp7"], USAGE) == [
        (".data", 0, b"\1"),
        (".rodata", 6, b"\1"),
        (".rodata", 0, struct.pack("=i", 7)),
    ]
    assert parsed("-xp", "-7") == {6: b"\1", 0: struct.pack("=i", -7)}


def test_text_is_padded_with_zeros_to_the_whole_array() -> None:
    assert parsed("-c", "nginx") == {8: b"nginx".ljust(16, b"\0")}
    assert parsed("--comm=") == {8: bytes(16)}
    assert parsed("-c", os.fsdecode(b"\xff\xfe")) == {8: b"\xff\xfe".ljust(16, b"\0")}


def test_enumerators_are_given_by_name_or_value() -> None:
    assert parsed("--mood=ANGRY") == parsed("-m", "7") == {32: struct.pack("=I", 7)}


def test_arrays_take_values_between_commas() -> None:
    assert parsed("--ports", "80,443") == {36: struct.pack("=3H", 80, 443, 0)}


@pytest.mark.parametrize(
    ("written", "says"),
    [
        (["--pdi", "1"], "--pid"),
        (["--nope"], "not an option"),
        (["-q"], "not an option"),
        (["--no-pid"], "not an option"),
        (["--no-verbose=1"], "takes no value"),
        (["stray"], "takes nothing else"),
        (["--", "stray"], "takes nothing else"),
        (["-"], "takes nothing else"),
        (["--pid"], "needs a value"),
        (["-vp"], "needs a value"),
        (["--pid", "2147483648"], "from -2147483648 to 2147483647"),
        (["--port-number", "-1"], "from 0 to 65535"),
        (["--pid", "ten"], "not a whole number"),
        (["--pid", ""], "not a whole number"),
        (["--pid", "1_000"], "not a whole number"),
        (["--pid", "١٢"], "not a whole number"),
        (["--pid", "9" * 5000], "not a whole number"),
        (["--verbose=maybe"], "neither true nor false"),
        (["-c", "sixteen letters!"], "at most 15"),
        (["-c", "é" * 8], "at most 15"),
        (["-c", "a\0b"], "NUL"),
        (["--ratio", "nan"], "not a number"),
        (["--ratio", "x"], "not a number"),
        (["--mood", "SAD"], "CALM, ANGRY"),
        (["--mood", "3"], "CALM, ANGRY"),
        (["--ports", "1,2,3,4"], "at most 3"),
        (["--ports", "1,,2"], "not a whole number"),
        (["--rule", "1"], "cannot be set"),
        (["--" + "x" * 200_000], "longer than"),
    ],
)
def test_a_mistake_is_named(written: list[str], says: str) -> None:
    with pytest.raises(BadInput) as caught:
        parse_arguments(written, USAGE)
    assert says in str(caught.value)


def test_a_hostile_argument_is_not_echoed_raw() -> None:
    with pytest.raises(BadInput) as caught:
        parse_arguments(["--\x1b[2J"], USAGE)
    assert "\x1b" not in str(caught.value)


def test_help_is_recognised_where_an_option_may_stand() -> None:
    assert wants_help(["-h"], USAGE)
    assert wants_help(["--pid", "1", "--help", "--nonsense"], USAGE)
    assert wants_help(["-vh"], USAGE)
    assert not wants_help(["-c", "-h"], USAGE)


def test_a_programs_own_h_goes_before_help() -> None:
    usage = Usage((Option("host", "host", "h", "", ".rodata", 0, NAME),))
    assert not wants_help(["-h", "here"], usage)
    assert wants_help(["--help"], usage)
    assert parse_arguments(["-h", "here"], usage) == [(".rodata", 0, b"here".ljust(16, b"\0"))]


@given(size=st.sampled_from([1, 2, 4, 8, 16]), signed=st.booleans(), data=st.data())
def test_every_integer_in_range_round_trips_and_no_other_is_taken(size: int, signed: bool, data: st.DataObject) -> None:
    kind = CType("integer", size, signed=signed)
    low, high = (-(2 ** (8 * size - 1)), 2 ** (8 * size - 1) - 1) if signed else (0, 2 ** (8 * size) - 1)
    number = data.draw(st.one_of(st.integers(low - 3, high + 3), st.sampled_from([low, high, low - 1, high + 1])))
    text = data.draw(st.sampled_from([str(number), hex(number)]))
    if low <= number <= high:
        assert int.from_bytes(encode(kind, text, where="x"), sys.byteorder, signed=signed) == number
    else:
        with pytest.raises(BadInput):
            encode(kind, text, where="x")


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_double_round_trips(value: float) -> None:
    assert struct.unpack("=d", encode(RATIO, repr(value), where="x"))[0] == value


@given(
    st.lists(
        st.one_of(st.sampled_from(["--pid", "-p", "--comm=a", "-vx", "--", "-", "-h", "1", "=", "--no-"]), st.text())
    )
)
def test_any_command_line_is_parsed_or_refused(arguments: list[str]) -> None:
    try:
        settings = parse_arguments(arguments, USAGE)
    except BadInput:
        return
    sizes = {(option.section, option.offset): option.type.size for option in USAGE.options}
    assert all(len(value) == sizes[section, offset] for section, offset, value in settings)


def test_help_tells_usage_options_examples_and_events() -> None:
    text = render_help("opensnoop", "1.2.0", "Traces open(2).", USAGE, 80)
    for part in (
        "opensnoop 1.2.0\nTraces open(2).",
        "ecli run opensnoop [OPTIONS]",
        "-p, --pid N",
        "Only this process (s32) [default: 0]",
        "--no-failed-only",
        "ecli run opensnoop -p 1234",
        "CALM|ANGRY",
        "-h, --help",
        "process (s32)",
        "text of up to 15 bytes",
    ):
        assert part in text


def test_every_example_of_the_help_is_a_valid_command_line() -> None:
    for option in USAGE.options[:7]:
        usage = Usage((option,), USAGE.events)
        for line in render_help("x", "1", "", usage).splitlines():
            if line.startswith("  ecli run x -"):
                assert len(parse_arguments(line.split()[3:], usage)) == 1


WORDS = st.text(alphabet=string.ascii_letters + " \n\t\x1b日é", max_size=200)


@given(name=WORDS, description=WORDS, help_=WORDS, width=st.integers(1, 300))
def test_help_never_carries_control_characters(name: str, description: str, help_: str, width: int) -> None:
    usage = Usage((Option("a", "long", "l", help_, ".rodata", 0, S32),), ())
    text = render_help(name, "1", description, usage, width)
    assert all(line.isprintable() for line in text.split("\n"))
