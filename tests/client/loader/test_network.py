"""XDP, TC, socket filters and the programs of a network namespace, on cables of the tests' own."""

from __future__ import annotations

import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.loader.links.network import attach_filter
from ebpfhub.client.loader.links.request import Request
from ebpfhub.client.loader.maps import MapHandle
from ebpfhub.client.loader.program import LoadedProgram, system_library
from ebpfhub.client.loader.target import Target
from ebpfhub.schemas.errors import BadInput, Conflict, NotFound, Unsupported

from .network import connect_to_oneself, filters_of, has_clsact, in_own_network, ip, send_frames, xdp_of

CHILD = Path(__file__).with_name("child.py")


def hits(program: LoadedProgram) -> int:
    found = MapHandle(system_library(), program.map_named("hits").fd).entries(1024)
    return sum(struct.unpack("=Q", values[0])[0] for _, values in found)


def counted(elf: bytes, target: Target, action: Callable[[], object]) -> int:
    """Attach the one program of an object, act, and tell how often it ran."""
    with LoadedProgram(elf, "kinds") as program:
        program.load()
        assert [one.name for one in program.attach({"counts": target})] == ["counts"]
        action()
        seen = hits(program)
        program.detach()
        action()
        assert hits(program) == seen
        return seen


@pytest.mark.parametrize(
    ("mode", "shown"), [("", "xdp"), ("auto", "xdp"), ("native", "xdp"), ("generic", "xdpgeneric")]
)
def test_xdp_sees_every_frame_in_the_wanted_mode(compiled: Any, mode: str, shown: str) -> None:
    @in_own_network
    def test() -> None:
        modes = []

        def act() -> None:
            modes.append(xdp_of("far"))
            send_frames(5)

        assert counted(compiled("kinds", "XDP"), Target(interface="far", mode=mode), act) >= 5
        assert modes == [shown, ""]

    test()


@in_own_network
def _generic_only(elf: bytes) -> None:
    """A cable whose packets are too large for its driver's XDP."""
    for name in ("near", "far"):
        ip("link", "set", name, "mtu", "9000")
    modes: list[str] = []

    def act() -> None:
        modes.append(xdp_of("far"))
        send_frames(3)

    assert counted(elf, Target(interface="far"), act) >= 3
    assert modes == ["xdpgeneric", ""]
    with pytest.raises(Unsupported, match="no XDP in its driver") as caught:
        counted(elf, Target(interface="far", mode="native"), act)
    assert "--mode generic" in caught.value.todo


def test_auto_falls_back_where_the_driver_cannot(compiled: Any) -> None:
    _generic_only(elf=compiled("kinds", "XDP"))


@in_own_network
def _one_xdp(elf: bytes) -> None:
    with LoadedProgram(elf, "first") as first, LoadedProgram(elf, "second") as second:
        for program in (first, second):
            program.load()
        first.attach({"counts": Target(interface="far")})
        with pytest.raises(Conflict, match="far has an XDP program"):
            second.attach({"counts": Target(interface="far")})
        send_frames(4)
        assert hits(first) >= 4
        assert xdp_of("far") == "xdp"


def test_another_xdp_program_is_not_pushed_away(compiled: Any) -> None:
    _one_xdp(elf=compiled("kinds", "XDP"))


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("TC", Target(interface="far")),
        ("TC", Target(interface="far", direction="ingress", priority=7, handle=9)),
        ("TC", Target(interface="near", direction="egress")),
        ("TCX_EGRESS", Target(interface="near")),
    ],
)
def test_tc_sees_frames_of_its_direction(compiled: Any, kind: str, target: Target) -> None:
    @in_own_network
    def test() -> None:
        assert counted(compiled("kinds", kind), target, lambda: send_frames(6)) >= 6

    test()


def test_two_tc_programs_share_an_interface(compiled: Any) -> None:
    elf = compiled("kinds", "TC")

    @in_own_network
    def test() -> None:
        with LoadedProgram(elf, "first") as first, LoadedProgram(elf, "second") as second:
            for program in (first, second):
                program.load()
                program.attach({"counts": Target(interface="far")})
            send_frames(3)
            assert hits(first) >= 3
            assert hits(second) >= 3

    test()


def old_style(program: LoadedProgram, index: int, *, priority: int = 0, handle: int = 0) -> Callable[[], object]:
    library = system_library()
    request = Request(
        library, program.programs[0], Target(interface="far", priority=priority, handle=handle), program.map_named
    )
    [undo] = attach_filter(request, index, "ingress")
    return undo


def test_a_filter_of_an_older_kernel_takes_only_itself_away(compiled: Any) -> None:
    elf = compiled("kinds", "TC", "FIRST=ours")

    @in_own_network
    def test() -> None:
        index = socket.if_nametoindex("far")
        with LoadedProgram(elf, "kinds") as program:
            program.load()
            undo = old_style(program, index, priority=5, handle=77)
            assert filters_of("far") == ["ours"]
            send_frames(4)
            assert hits(program) >= 4
            undo()
            assert not has_clsact("far")  # it was made for this filter
            subprocess.run(["tc", "qdisc", "add", "dev", "far", "clsact"], check=True)
            keep = old_style(program, index)
            undo = old_style(program, index)
            assert len(filters_of("far")) == 2
            undo()
            assert filters_of("far") == ["ours"]
            keep()
            assert filters_of("far") == []
            assert has_clsact("far")

    test()


@pytest.mark.parametrize("interface", ["far", ""])
def test_a_socket_filter_sees_frames_of_one_or_all_interfaces(compiled: Any, interface: str) -> None:
    @in_own_network
    def test() -> None:
        assert counted(compiled("kinds", "SOCKET"), Target(interface=interface), lambda: send_frames(300)) >= 300

    test()


def test_a_socket_filter_of_another_interface_sees_nothing(compiled: Any) -> None:
    @in_own_network
    def test() -> None:
        assert counted(compiled("kinds", "SOCKET"), Target(interface="lo"), lambda: send_frames(5)) == 0

    test()


def test_a_socket_lookup_is_seen_in_the_own_namespace(compiled: Any) -> None:
    @in_own_network
    def test() -> None:
        assert counted(compiled("kinds", "SK_LOOKUP"), Target(), connect_to_oneself) > 0

    test()


def test_a_flow_dissector_attaches_to_the_own_namespace(compiled: Any) -> None:
    @in_own_network
    def test() -> None:
        counted(compiled("kinds", "FLOW"), Target(), connect_to_oneself)

    test()


@pytest.mark.parametrize(
    ("kind", "target", "error", "words"),
    [
        ("XDP", Target(), BadInput, "--interface"),
        ("TC", Target(), BadInput, "--interface"),
        ("XDP", Target(interface="nowhere0"), NotFound, "nowhere0"),
        ("TC", Target(interface="nowhere0"), NotFound, "far"),
        ("SOCKET", Target(interface="nowhere0"), NotFound, "nowhere0"),
        ("XDP", Target(interface="far", mode="fast"), BadInput, "--mode native"),
        ("TC", Target(interface="far", direction="up"), BadInput, "--direction ingress"),
        ("SK_MSG", Target(), Unsupported, "a socket map"),
        ("DEVMAP", Target(), Unsupported, "a map"),
        ("SYSCALL", Target(), Unsupported, "it is called"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    compiled: Any, kind: str, target: Target, error: type[Exception], words: str
) -> None:
    @in_own_network
    def test() -> None:
        with pytest.raises(error) as caught:
            counted(compiled("kinds", kind), target, lambda: None)
        assert words in str(caught.value)
        assert "program 'counts'" in str(caught.value)

    test()


@pytest.mark.parametrize("kind", ["XDP", "TC"])
def test_a_killed_run_leaves_the_interface_as_it_was(compiled: Any, kernel: Any, tmp_path: Path, kind: str) -> None:
    name = kernel.fresh_name()
    path = tmp_path / "object.o"
    path.write_bytes(compiled("kinds", kind, f"FIRST={name}"))

    @in_own_network
    def test() -> None:
        command = [sys.executable, str(CHILD), str(path), "child", "plain"]
        environment = os.environ | {"INTERFACE": "far"}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "started\n"
            assert kernel.attached(name)
            child.send_signal(signal.SIGKILL)
        assert kernel.forgot(name)
        assert xdp_of("far") == ""
        assert not has_clsact("far")

    test()
