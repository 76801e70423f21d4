"""Every other kind of program, attached to this machine's kernel, its programs and its cgroups."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.loader.links.cgroup import cgroup_root
from ebpfhub.client.loader.links.user import find_binary
from ebpfhub.client.loader.maps import MapHandle
from ebpfhub.client.loader.program import LoadedProgram, system_library
from ebpfhub.client.loader.sampling import processors
from ebpfhub.client.loader.target import Target
from ebpfhub.schemas.errors import BadInput, HubError, NotFound, Unsupported

from .network import connect_to_oneself

Counts = dict[int, int]
ME = os.getpid()


def counts_of(program: LoadedProgram) -> Counts:
    entries = MapHandle(system_library(), program.map_named("hits").fd).entries(1024)
    return {int.from_bytes(key, sys.byteorder): struct.unpack("=Q", values[0])[0] for key, values in entries}


def watched(elf: bytes, pid: int = ME) -> LoadedProgram:
    """Open an object whose programs look at one process, and load it."""
    program = LoadedProgram(elf, "kinds")
    place = system_library().variable(program._object, "target_pid", ".rodata")
    if place:
        program.set_values([(".rodata", place[0], struct.pack("=i", pid))])
    program.load()
    return program


def counted(elf: bytes, target: Target, action: Callable[[], object], pid: int = ME) -> Counts:
    """Attach the one program of an object, act, and tell how often it ran in which process."""
    with watched(elf, pid) as program:
        assert [one.name for one in program.attach({"counts": target})] == ["counts"]
        action()
        program.detach()
        seen = counts_of(program)
        action()
        assert counts_of(program) == seen
        return seen


def calls() -> None:
    """Make three system calls that nothing else here makes."""
    for _ in range(3):
        os.getpgid(0)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("RAW_TP", Target(symbol="sys_enter")),
        ("TP_BTF", Target()),
        ("TP", Target(symbol="syscalls:sys_enter_getpgid")),
        ("TP", Target(symbol="syscalls/sys_exit_getpgid")),
    ],
)
def test_an_event_of_the_kernel_is_named_at_run_time(compiled: Any, tracefs: None, kind: str, target: Target) -> None:
    assert counted(compiled("kinds", kind), target, calls)[ME] >= 3


def parents() -> None:
    for _ in range(3):
        os.getppid()


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("UPROBE", Target(binary="libc.so.6", symbol="getppid")),
        ("UPROBE", Target(binary=str(find_binary("libc.so.6")), symbol="getppid+0x0", pid=ME)),
        ("LABELLED", Target(binary="libc.so.6", symbol="getppid")),
        ("URETPROBE", Target()),
        ("URETPROBE", Target(pid=ME)),
    ],
)
def test_a_function_of_a_library_is_probed(compiled: Any, kind: str, target: Target) -> None:
    assert counted(compiled("kinds", kind), target, parents) == {ME: 3}


def test_a_probe_of_another_process_sees_nothing_here(compiled: Any) -> None:
    target = Target(binary="libc.so.6", symbol="getppid", pid=os.getppid())
    assert counted(compiled("kinds", "UPROBE"), target, parents) == {}


def test_a_program_of_the_search_path_is_probed_where_it_begins(compiled: Any) -> None:
    """At its ELF entry, a bare offset, since a stripped program has no names."""
    path = find_binary("true")
    assert path is not None
    header = Path(path).read_bytes()[:64]
    entry = struct.unpack_from("=Q", header, 24)[0]
    children: list[int] = []

    def run() -> None:
        with subprocess.Popen([path]) as child:
            children.append(child.pid)

    with LoadedProgram(compiled("kinds", "PROBE_ALL"), "kinds") as program:
        program.load()
        program.attach({"counts": Target(binary="true", symbol=hex(_file_offset(path, entry)))})
        run()
        program.detach()
        assert counts_of(program)[children[0]] == 1


def _file_offset(path: str, address: int) -> int:
    """Turn an address of a program into its place in the file (elf(5), program headers)."""
    elf = Path(path).read_bytes()
    start, _, _, _, size, count = struct.unpack_from("=QQIHHH", elf, 32)
    for index in range(count):
        kind, _, offset, virtual, _, length = struct.unpack_from("=IIQQQQ", elf, start + index * size)
        if kind == 1 and virtual <= address < virtual + length:
            return int(offset + address - virtual)
    raise AssertionError(path)


def test_a_static_probe_is_hit(compiled: Any, tmp_path: Path) -> None:
    binary = str(tmp_path / "probed")
    source = str(Path(__file__).parent / "programs/probed.c")
    command = [sys.executable, "-m", "ziglang", "cc", "-target", "x86_64-freestanding", "-nostdlib", "-static"]
    subprocess.run([*command, source, "-o", binary], check=True)
    with LoadedProgram(compiled("usdt"), "usdt") as program:
        program.load()
        with pytest.raises(NotFound, match="no static probe 'tests:missed'"):
            program.attach({"counts": Target(binary=binary, symbol="tests:missed")})
        with pytest.raises(BadInput, match="provider:probe"):
            program.attach({"counts": Target(binary=binary, symbol="reached")})
        program.attach({"counts": Target(binary=binary, symbol="tests:reached")})
        with subprocess.Popen([binary]) as child:
            assert child.wait() == 7
        assert counts_of(program) == {child.pid: 1}


def spin(seconds: float = 0.4) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


def test_sampling_sees_who_works_on_any_processor(compiled: Any) -> None:
    seen = counted(compiled("kinds", "PERF_EVENT"), Target(frequency=499), spin)
    assert seen[ME] > 20


def test_sampling_of_one_process_sees_only_that(compiled: Any) -> None:
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as child:
        try:
            with watched(compiled("kinds", "PERF_EVENT")) as program:
                program.attach({"counts": Target(pid=child.pid, frequency=499)})
                spin(1)
                program.detach()
                seen = counts_of(program)
        finally:
            child.kill()
    assert set(seen) == {child.pid}


def test_a_frequency_beyond_the_kernels_is_named(compiled: Any) -> None:
    with pytest.raises(BadInput, match="2000000000 samples a second") as caught:
        counted(compiled("kinds", "PERF_EVENT"), Target(frequency=2_000_000_000), spin)
    assert "--frequency" in caught.value.todo


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """Make a cgroup of this test's own."""
    folder = Path(cgroup_root()) / f"loader-{ME}-{os.urandom(4).hex()}"
    folder.mkdir()
    yield folder
    for _ in range(200):
        try:
            folder.rmdir()
            return
        except OSError:  # the last process is still going
            time.sleep(0.01)
    folder.rmdir()


def inside(cgroup: Path, code: str) -> Callable[[], None]:
    """Run Python code in a process of a cgroup."""

    def run() -> None:
        script = f"import os, pathlib\npathlib.Path({str(cgroup / 'cgroup.procs')!r}).write_text(str(os.getpid()))\n"
        subprocess.run([sys.executable, "-c", script + code], check=True)

    return run


TALK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
other = server.accept()[0]
client.send(b"x")
other.recv(1)
"""


@pytest.mark.parametrize(
    ("kind", "direction"),
    [("SKB_EGRESS", ""), ("SKB", ""), ("SKB", "egress"), ("CONNECT", ""), ("SOCKOPS", "")],
)
def test_what_a_cgroup_does_is_seen(compiled: Any, cgroup: Path, kind: str, direction: str) -> None:
    for name in (str(cgroup), cgroup.name):
        seen = counted(compiled("kinds", kind), Target(cgroup=name, direction=direction), inside(cgroup, TALK))
        assert seen[0] >= 1


def test_another_cgroup_is_not_seen(compiled: Any, cgroup: Path) -> None:
    assert counted(compiled("kinds", "CONNECT"), Target(cgroup=str(cgroup)), connect_to_oneself) == {}


def test_without_a_wish_it_is_every_process(compiled: Any) -> None:
    assert counted_once(compiled("kinds", "CONNECT"), connect_to_oneself)[0] >= 1


def counted_once(elf: bytes, action: Callable[[], object]) -> Counts:
    """As counted(), where others on this machine may be counted too."""
    with watched(elf) as program:
        program.attach()
        action()
        return counts_of(program)


@pytest.mark.parametrize(
    ("kind", "target", "error", "words"),
    [
        ("RAW_TP", Target(), BadInput, "--symbol"),
        ("RAW_TP", Target(symbol="nothing_of_the_kind"), Unsupported, "ENOENT"),
        ("TP", Target(), BadInput, "--symbol sched:sched_switch"),
        ("TP", Target(symbol="sched_switch"), BadInput, "category:event"),
        ("UPROBE", Target(), BadInput, "--binary"),
        ("UPROBE", Target(binary="libc.so.6"), BadInput, "--symbol"),
        ("UPROBE", Target(binary="no-such-program", symbol="main"), NotFound, "'no-such-program'"),
        ("UPROBE", Target(binary="/no/such/program", symbol="main"), NotFound, "'/no/such/program'"),
        ("UPROBE", Target(binary="libc.so.6", symbol="no_such_function"), NotFound, "no function 'no_such_function'"),
        ("UPROBE", Target(binary="libc.so.6", symbol="a+b"), BadInput, "function+0x10"),
        ("UPROBE", Target(binary="/etc/passwd", symbol="main"), BadInput, "/etc/passwd is neither"),
        ("UPROBE", Target(binary="libc.so.6", symbol="getppid", pid=2**22 + 1), NotFound, "no process 4194305"),
        ("LABELLED", Target(), BadInput, "--binary"),
        ("PERF_EVENT", Target(pid=2**22 + 1), NotFound, "no process 4194305"),
        ("CONNECT", Target(cgroup="/no/such/cgroup"), NotFound, "no cgroup '/no/such/cgroup'"),
        ("CONNECT", Target(cgroup="/tmp"), BadInput, "'/tmp' is no folder of cgroup2"),
        ("SKB", Target(direction="up"), BadInput, "--direction ingress"),
    ],
)
def test_what_is_missing_or_wrong_is_named(
    compiled: Any, tracefs: None, kind: str, target: Target, error: type[HubError], words: str
) -> None:
    with pytest.raises(error) as caught:
        counted(compiled("kinds", kind), target, calls)
    assert words in str(caught.value)
    assert "program 'counts'" in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("KPROBE", Target(symbol="do_sys_openat2")),
        ("KPROBE_NAMED", Target()),
        ("KPROBE_NAMED", Target(symbol="do_sys_openat2")),
        ("KSYSCALL", Target()),
        ("MULTI", Target(symbol="do_sys_open*")),
        ("FENTRY", Target()),
        ("FMOD_RET", Target()),
        ("LSM", Target()),
        ("LSM_CGROUP", Target()),
    ],
)
def test_a_probe_of_the_kernel_attaches_or_is_refused_in_plain_words(compiled: Any, kind: str, target: Target) -> None:
    """This project's machines have no kprobes and refuse tracing programs; other kernels take them."""
    try:
        counted_probe(compiled("kinds", kind), target)
    except Unsupported as error:
        assert "program 'counts' (section " in str(error)
        assert any(word in str(error) for word in ("ENOENT", "EPERM", "EOPNOTSUPP", "EINVAL"))
        assert "ulimit" not in str(error)


def counted_probe(elf: bytes, target: Target) -> None:
    with watched(elf) as program:
        assert len(program.attach({"counts": target})) == 1


def test_optional_programs_stay_out(compiled: Any) -> None:
    with watched(compiled("kinds", "OPTIONAL")) as program:
        assert [one.name for one in program.attach()] == ["counts"]
    with watched(compiled("kinds", "ONLY_OPTIONAL")) as program, pytest.raises(BadInput, match="no program that can"):
        program.attach()


def test_a_system_call_that_this_machine_lacks_is_left_out_with_a_word(compiled: Any, tracefs: None) -> None:
    with watched(compiled("kinds", "NO_SUCH_CALL")) as program:
        assert [one.name for one in program.attach()] == ["counts"]
        [sentence] = program.left_out
        assert "program 'cannot' (section tp/syscalls/sys_enter_nothing_of_the_kind) is left out" in sentence
        with pytest.raises(Unsupported, match="ENOENT"):
            program.attach_one("cannot")
    with watched(compiled("kinds", "NO_SUCH_CALL", "ALONE")) as program, pytest.raises(Unsupported, match="ENOENT"):
        program.attach()


def test_one_program_is_attached_alone(compiled: Any) -> None:
    with watched(compiled("kinds", "OPTIONAL")) as program:
        program.attach_one("counts")
        calls()
        assert counts_of(program)[ME] >= 3
        for call in (program.attach_one, lambda name: program.attach({name: Target()})):
            with pytest.raises(NotFound, match="no program 'nothing'"):
                call("nothing")


def test_a_killed_sampler_leaves_no_events(compiled: Any, kernel: Any) -> None:
    name = kernel.fresh_name()
    elf = compiled("kinds", "PERF_EVENT", f"FIRST={name}")
    child = os.fork()
    if child == 0:
        with watched(elf) as program:
            program.attach()
            os.kill(os.getpid(), 9)
    os.waitpid(child, 0)
    assert kernel.forgot(name)


def test_binaries_are_found_where_the_linker_looks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("tool", "libmine.so.1"):
        (tmp_path / name).write_bytes(b"\x7fELF")
    assert find_binary("libmine.so.1") is None
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert find_binary("libmine.so.1") == str(tmp_path / "libmine.so.1")
    assert find_binary("tool") is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary("tool") == str(tmp_path / "tool")
    assert find_binary("") is None
    assert find_binary(str(tmp_path)) is None


def test_the_mount_of_cgroup2_is_found_even_with_blanks(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 2 0:1 / /x rw - cgroup cgroup rw\n3 2 0:2 / /my\\040cgroups rw shared:1 - cgroup2 none rw\n")
    assert cgroup_root(str(mounts)) == "/my cgroups"
    mounts.write_text("1 2 0:1 / /x rw - cgroup cgroup rw\n")
    assert cgroup_root(str(mounts)) == ""


def test_lists_of_processors_are_read_as_the_kernel_writes_them() -> None:
    assert processors("0\n") == [0]
    assert processors("0-3,8,10-11\n") == [0, 1, 2, 3, 8, 10, 11]
