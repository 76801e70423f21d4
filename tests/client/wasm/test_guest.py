"""What a guest sees and does, by real guests with real BPF objects: events, exit codes, maps, and what is kept from it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.loader.libbpf import Library
from ebpfhub.client.wasm.grants import Grants
from ebpfhub.schemas.errors import BadInput, Denied, NotTrusted

BURST = 500  # records, as conftest.py has them offered


@pytest.mark.parametrize(("how", "code"), [("return", 0), ("return", 7), ("exit", 0), ("exit", 200), ("return", -1)])
def test_the_guests_exit_code_is_returned(run: Any, how: str, code: int) -> None:
    assert run(how, str(code)) == code % 256


def test_a_guest_sees_its_arguments_and_nothing_else(run: Any, capfd: Any) -> None:
    assert run("show", "--pid", "7 8") == 0
    assert capfd.readouterr().out == "guest,show,--pid,7 8,no file,no note,not written"


def test_a_guest_sees_what_was_granted(run: Any, capfd: Any, tmp_path: Path) -> None:
    (tmp_path / "note").write_text("read me")
    assert run("show", grants=Grants(folders=((tmp_path, "/shown"),), variables=(("A", "b"),))) == 0
    assert capfd.readouterr().out == "guest,show,A=b,no file,a note,not written"
    assert (tmp_path / "note").read_text() == "read me"


def test_a_granted_folder_that_is_not_there_is_an_error(run: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be opened"):
        run("show", grants=Grants(folders=((tmp_path / "absent", "/shown"),)))


@pytest.mark.parametrize("limit", [4096, 100, 4])
def test_every_record_reaches_the_callback_in_order(run: Any, capfd: Any, limit: int) -> None:
    assert run("events", "40", str(limit)) == 0
    count = 40 * BURST
    size = sum(min(limit, 4 + number % 128) for number in range(count))
    assert capfd.readouterr().out.split()[-2:] == [str(count), str(size)]


@pytest.mark.parametrize("what", ["samples", "large", "negative", "two-maps", "poll-in-callback", "hash", "pointers"])
def test_the_interface_keeps_its_word(run: Any, what: str) -> None:
    assert run(what) == 0


def test_lost_events_are_told(run: Any, capfd: Any) -> None:
    assert run("lost") == 0
    assert "events were lost" in capfd.readouterr().err


def test_a_guest_may_end_in_its_callback(run: Any, program_name: str, kernel: Any) -> None:
    assert run("exit-in-callback") == 42
    assert kernel.forgot(program_name)


@pytest.mark.parametrize("index", ["0", "1000000", "-1"])
def test_a_callback_that_is_none_ends_the_guest(run: Any, program_name: str, kernel: Any, index: str) -> None:
    with pytest.raises(BadInput, match=r"crashed: .*element"):
        run("wrong-callback", index)
    assert kernel.forgot(program_name)


def test_values_of_each_processor_stay_inside_the_guests_memory(run: Any) -> None:
    assert run("each-processor", str(Library().done("libbpf_num_possible_cpus"))) == 0


def test_a_guest_reaches_no_descriptor_of_its_host(run: Any, capfd: Any) -> None:
    with Path("/dev/null").open() as foreign:
        assert run("handles", str(os.dup2(foreign.fileno(), 500))) == 0
        os.close(500)
    assert "ELF" in capfd.readouterr().err


def test_a_guest_attaches_to_no_cgroup_that_was_not_granted(run: Any, capfd: Any, tmp_path: Path) -> None:
    assert run("attach", "on_socket", str(tmp_path)) == 1
    assert f"grant it: --cgroup {tmp_path}" in capfd.readouterr().err
    assert run("attach", "on_socket", f"{tmp_path}/a/../../other", grants=Grants(cgroups=(str(tmp_path / "a"),))) == 1
    assert run("attach", "on_socket") == 1
    assert "wants to attach a program to a cgroup" in capfd.readouterr().err


def test_a_guest_attaches_to_no_interface_that_was_not_granted(run: Any, capfd: Any) -> None:
    assert run("attach", "on_packet", "lo", grants=Grants(interfaces=("eth7",))) == 1
    assert "grant it: --interface lo" in capfd.readouterr().err


def test_a_guest_attaches_where_it_was_granted(run: Any, cgroup: Path, capfd: Any) -> None:
    assert run("attach", "on_socket", str(cgroup), grants=Grants(cgroups=(str(cgroup.parent),))) == 0
    assert run("attach", "on_socket", grants=Grants(cgroups=(str(cgroup),))) == 0
    assert capfd.readouterr().err == ""


def test_the_gate_sees_every_object_and_ends_the_guest(run: Any, program_name: str, kernel: Any) -> None:
    seen: list[bytes] = []

    def gate(elf: bytes) -> None:
        seen.append(elf)
        raise NotTrusted("nobody vouches for it", check="signature")

    with pytest.raises(NotTrusted, match="nobody vouches"):
        run("hash", gate=gate)
    assert [elf[:4] for elf in seen] == [b"\x7fELF"]
    assert kernel.forgot(program_name)


def test_a_crash_is_an_error(run: Any) -> None:
    with pytest.raises(BadInput, match="crashed: wasm `unreachable` instruction executed"):
        run("crash")


def test_memory_is_bounded(run: Any, capfd: Any) -> None:
    assert run("memory", grants=Grants(memory=64 << 20)) == 0
    got = int(capfd.readouterr().out.split()[0])
    assert 16 <= got < 64


def test_memory_below_what_the_module_needs_is_an_error(run: Any) -> None:
    with pytest.raises(BadInput, match="memory"):
        run("memory", grants=Grants(memory=65536))


def test_granted_time_is_bounded(run: Any, program_name: str, kernel: Any) -> None:
    with pytest.raises(Denied, match=r"longer than the 0\.5 seconds"):
        run("loop", grants=Grants(seconds=0.5))
    assert kernel.forgot(program_name)


@pytest.mark.parametrize("what", ["loop", "poll", "poll-on", "sleep"])
def test_a_timeout_ends_the_guest_quietly(run: Any, program_name: str, kernel: Any, what: str) -> None:
    assert run(what, timeout=0.5) == 0
    assert kernel.forgot(program_name)
