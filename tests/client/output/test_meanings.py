"""Fields shown by meaning: what people see in a table, and what programs get."""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.output.columns import EventTable
from ebpfhub.client.output.lines import EventLines
from ebpfhub.client.output.meanings import meanings
from ebpfhub.client.output.quantities import duration, size
from ebpfhub.client.output.selection import Selection
from ebpfhub.client.output.syscalls import table
from ebpfhub.client.output.text import columns
from ebpfhub.schemas.c_type import SHOWS, CType, Member
from hypothesis import given
from hypothesis import strategies as st

U8, U16, U32, S32, U64 = (
    CType("integer", 1),
    CType("integer", 2),
    CType("integer", 4),
    CType("integer", 4, signed=True),
    CType("integer", 8),
)


def array(count: int, item: CType) -> CType:
    return CType("array", count * item.size, length=count, item=item)


def event(*members: tuple[str, CType, str]) -> CType:
    made, offset = [], 0
    for name, kind, show in members:
        made.append(Member(name, offset, kind, show=show))
        offset += kind.size
    return CType("struct", offset, "event", members=tuple(made))


def shown(kind: CType, show: str, data: bytes) -> tuple[str, Any]:
    """A value in a table, and in JSON."""
    selection = Selection(event(("value", kind, show)))
    [line], _ = EventTable(selection).lines([data], "12:34:56")
    text, _ = EventLines(selection).lines([data])
    return line.removeprefix("12:34:56").strip(), json.loads(text)["value"]


@pytest.mark.parametrize(
    ("kind", "show", "data", "people", "programs"),
    [
        (U64, "duration", struct.pack("=Q", 1_234_567), "1.2ms", 1_234_567),
        (U64, "size", struct.pack("=Q", 1536), "1.5K", 1536),
        (U32, "ip", bytes([10, 0, 0, 1]), "10.0.0.1", "10.0.0.1"),
        (array(4, U8), "ip", bytes([10, 0, 0, 1]), "10.0.0.1", "10.0.0.1"),
        (array(16, U8), "ip", bytes(15) + b"\1", "::1", "::1"),
        (array(4, U32), "ip", b"\xfe\x80" + bytes(13) + b"\2", "fe80::2", "fe80::2"),
        (U16, "port", b"\x01\xbb", "443", 443),
        (U32, "port", b"\x01\xbb\0\0", "443", 443),
        (array(6, U8), "mac", bytes(range(6)), "00:01:02:03:04:05", "00:01:02:03:04:05"),
        (U32, "signal", struct.pack("=I", signal.SIGKILL), "SIGKILL", 9),
        (U32, "signal", struct.pack("=I", signal.SIGRTMIN + 3), "SIGRTMIN+3", int(signal.SIGRTMIN) + 3),
        (S32, "errno", struct.pack("=i", -2), "ENOENT", -2),
        (U64, "errno", struct.pack("=q", -13), "EACCES", 2**64 - 13),
        (S32, "errno", struct.pack("=i", 3), "3", 3),
        (U32, "mode", struct.pack("=I", 0o644), "0644", 0o644),
        (
            S32,
            "open-flags",
            struct.pack("=i", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC),
            "O_RDWR|O_CREAT|O_CLOEXEC",
            524354,
        ),
        (U32, "hex", struct.pack("=I", 255), "0xff", 255),
        (array(4, U8), "hex", b"\0\1\2\xff", "000102ff", "000102ff"),
        (U64, "address", struct.pack("=Q", 0x7F0000001000), "0x7f0000001000", 0x7F0000001000),
        (CType("string", 16), "path", b"/etc/passwd\0", "/etc/passwd", "/etc/passwd"),
        (CType("string", 16), "signal", b"text\0", "text", "text"),
    ],
)
def test_people_see_what_it_means(kind: CType, show: str, data: bytes, people: str, programs: object) -> None:
    text, value = shown(kind, show, data.ljust(kind.size, b"\0"))
    assert "".join(sorted(text.split("|"))) == "".join(sorted(people.split("|")))
    assert value == programs


def test_an_address_of_16_bytes_is_short_where_its_family_says_so() -> None:
    kind = event(("family", U16, ""), ("source", array(16, U8), "ip"))
    address = bytes([192, 0, 2, 1]) + bytes(12)
    text, _ = EventLines(kind).lines([struct.pack("=H", 2) + address, struct.pack("=H", 10) + address])
    assert [json.loads(line)["source"] for line in text.splitlines()] == ["192.0.2.1", "c000:201::"]


def test_a_time_that_was_never_set_is_not_that_of_boot() -> None:
    assert shown(U64, "time", bytes(8)) == ("0", 0)


def test_a_kernel_time_is_the_time_of_day() -> None:
    before = time.time()
    text, _ = shown(U64, "time", struct.pack("=Q", time.monotonic_ns()))
    after = time.time()
    clocks = [time.strftime("%H:%M:%S", time.localtime(second)) for second in range(int(before) - 1, int(after) + 2)]
    assert text.partition(".")[0] in clocks


def test_a_system_call_has_its_machine_s_name() -> None:
    assert (table("x86_64")[257], table("x86_64")[0], table("x86_64")[334]) == ("openat", "read", "rseq")
    assert (table("aarch64")[56], table("aarch64")[221], table("aarch64")[79]) == ("openat", "execve", "newfstatat")
    assert table("x86_64")[435] == table("aarch64")[435] == "clone3"
    assert table("x86_64")[462] == "mseal"
    assert 400 not in table("x86_64")
    assert table("vax") == {}


def test_a_kernel_stack_is_named_and_stands_below_its_event() -> None:
    address = next(
        int(line.split()[0], 16)
        for line in Path("/proc/kallsyms").read_text().splitlines()
        if line.split()[1:] == ["T", "vfs_read"]
    )
    kind = event(("pid", U32, ""), ("stack", array(4, U64), "kernel-stack"))
    record = struct.pack("=I4Q", 7, address + 16, address, 0, 99)
    lines, _ = EventTable(kind, width=80).lines([record], "12:34:56")
    assert [line.split() for line in lines] == [["12:34:56", "7"], ["vfs_read+0x10"], ["vfs_read"]]
    text, _ = EventLines(kind).lines([record])
    assert json.loads(text) == {"pid": 7, "stack": ["vfs_read+0x10", "vfs_read"]}


def test_a_user_stack_is_named_by_its_process_s_files() -> None:
    with subprocess.Popen([sys.executable, "-c", "print(flush=True); input()"], stdin=-1, stdout=-1) as process:
        assert process.stdout is not None
        process.stdout.readline()
        place = next(
            line
            for line in Path(f"/proc/{process.pid}/maps").read_text().splitlines()
            if " r-xp " in line and "/libc" in line
        )
        start, offset = int(place.split("-")[0], 16), int(place.split()[2], 16)
        path = place.split()[-1]
        symbols = subprocess.run(
            ["nm", "-D", "--defined-only", path], capture_output=True, text=True, check=True
        ).stdout
        address = next(
            int(line.split()[0], 16) for line in symbols.splitlines() if line.split()[2].startswith("getppid")
        )
        there = _file_offset(path, address) - offset + start
        kind = event(("pid", U32, ""), ("stack", array(3, U64), "user-stack"))
        text, _ = EventLines(kind).lines([struct.pack("=I3Q", process.pid, there + 1, 5, 0)])
        process.kill()
    assert json.loads(text)["stack"] == ["getppid+0x1", "0x5"]


def _file_offset(path: str, address: int) -> int:
    headers = subprocess.run(["readelf", "-lW", path], capture_output=True, text=True, check=True).stdout
    for line in headers.splitlines():
        words = line.split()
        if words[:1] == ["LOAD"] and 0 <= address - int(words[2], 16) < int(words[4], 16):
            return address - int(words[2], 16) + int(words[1], 16)
    raise AssertionError(path)


def test_a_stack_id_is_looked_up_and_may_be_gone() -> None:
    def stacks(number: int) -> bytes:
        if number != 5:
            raise FileNotFoundError
        return struct.pack("=2Q", 0x1000, 0x2000)

    kind = event(("stack", S32, "user-stack"))
    selection = Selection(kind, stacks=stacks)
    records = [struct.pack("=i", number) for number in (5, 6, -14)]
    text, _ = EventLines(selection).lines(records)
    assert [json.loads(line)["stack"] for line in text.splitlines()] == [["0x1000", "0x2000"], [], []]
    lines, _ = EventTable(selection, width=80).lines(records, "12:34:56")
    assert [line.strip() for line in lines if line.startswith(" ")] == [
        "0x1000",
        "0x2000",
        "[stack is gone]",
        "[no stack: EFAULT]",
    ]


def test_only_as_much_of_a_stack_counts_as_its_size_says() -> None:
    kind = event(("stack_sz", S32, ""), ("stack", array(3, U64), "user-stack"))
    text, _ = EventLines(kind).lines([struct.pack("=i3Q", 8, 1, 2, 3), struct.pack("=i3Q", -14, 1, 2, 3)])
    assert [json.loads(line)["stack"] for line in text.splitlines()] == [["0x1"], []]


@given(st.integers(0, 2**64 - 1))
def test_quantities_are_short(number: int) -> None:
    assert len(duration(number)) <= 7
    assert len(size(number)) <= 7


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0ns"),
        (999, "999ns"),
        (1000, "1.0us"),
        (59_900_000_000, "59.9s"),
        (723 * 10**9, "12m03s"),
        (18_420 * 10**9, "5h07m"),
        (76 * 3600 * 10**9, "3d04h"),
    ],
)
def test_durations_read_well(number: int, text: str) -> None:
    assert duration(number) == text


KINDS = st.sampled_from(
    [
        U8,
        U16,
        U32,
        S32,
        U64,
        CType("integer", 16),
        CType("pointer", 8),
        CType("boolean", 1),
        CType("float", 8),
        CType("string", 12),
        array(4, U8),
        array(6, U8),
        array(16, U8),
        array(3, U64),
        event(("a", U32, ""), ("b", U64, "")),
    ]
)


@given(
    st.lists(st.tuples(KINDS, st.sampled_from(["", *SHOWS])), min_size=1, max_size=5), st.integers(20, 200), st.data()
)
def test_any_meaning_of_any_bytes_fits_its_line_and_is_json(
    fields: list[tuple[CType, str]], width: int, data: st.DataObject
) -> None:
    kind = event(*((f"m{index}", item, show) for index, (item, show) in enumerate(fields)), ("pid", U32, ""))
    selection = Selection(kind, stacks=lambda number: struct.pack("=Q", number))
    records = data.draw(st.lists(st.binary(min_size=0, max_size=kind.size), max_size=3))
    records += [record.ljust(kind.size, b"\xa5") for record in records]
    table_ = EventTable(selection, width=width)
    lines, _ = table_.lines(records, "12:34:56")
    for line in (table_.header, *lines):
        assert line.isprintable()
        assert columns(line) <= width
    text, _ = EventLines(selection).lines(records)
    assert len([json.loads(line) for line in text.splitlines()]) == len(records)


def test_every_meaning_is_known() -> None:
    for show in SHOWS:
        kinds = [U64, array(6, U8), array(4, U8), CType("string", 8), array(2, U64)]
        fields = [Selection(event(("x", kind, show))).fields[0] for kind in kinds]
        assert any(meanings([field])[0] for field in fields), show
