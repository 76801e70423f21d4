"""What cannot run here is refused with a sentence that helps, and without a trace in the kernel."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.loader.kernel import Kernel
from ebpfhub.client.loader.libbpf import BpfProgram
from ebpfhub.client.loader.program import LoadedProgram
from ebpfhub.client.loader.refusal import load_refused, said, verifier_log
from ebpfhub.client.loader.session import run_program
from ebpfhub.schemas.errors import BadInput, Denied, Unsupported
from ebpfhub.schemas.program import Usage
from hypothesis import given
from hypothesis import strategies as st

CHILD = Path(__file__).with_name("child.py")


class Silent:
    """A sink that must never be called."""

    descriptor = -1

    def started(self, name: str, *, attached: int, streams: int) -> None:
        raise AssertionError("started")

    def batch(self, stream: int, records: list[bytes]) -> int:
        raise AssertionError("batch")

    def looked(self, view: int, entries: list[tuple[bytes, tuple[bytes, ...]]]) -> None:
        raise AssertionError("looked")

    def text(self, data: bytes) -> None:
        raise AssertionError("text")

    def lost(self, count: int) -> None:
        pass

    def ended(self, *, lost: int, malformed: int) -> None:
        raise AssertionError("ended")


def refused(elf: bytes, kind: type[Exception]) -> str:
    with pytest.raises(kind) as caught:
        run_program(elf, "refused", Usage(), sink=Silent(), timeout=0)
    assert "ulimit" not in str(caught.value)
    return str(caught.value)


def test_the_verifiers_last_words_are_shown(compiled: Any, capfd: pytest.CaptureFixture[str]) -> None:
    text = refused(compiled("rejected"), BadInput)
    assert "program 'careless' (section raw_tp/sys_enter)" in text
    assert "R0 invalid mem access" in text
    assert "*room = 1;" in text
    assert len(text.splitlines()) <= 14
    assert capfd.readouterr() == ("", "")


def test_a_program_that_cannot_attach_takes_the_others_with_it(compiled: Any, kernel: Any, tracefs: None) -> None:
    name = kernel.fresh_name()
    text = refused(compiled("attach", f"FIRST={name}"), Unsupported)
    assert "program 'cannot' (section tp/sched/nothing_of_the_kind)" in text
    assert "ENOENT" in text
    assert kernel.forgot(name)


def test_a_program_that_needs_an_interface_is_named(compiled: Any, kernel: Any) -> None:
    name = kernel.fresh_name()
    text = refused(compiled("attach", "XDP", f"FIRST={name}"), BadInput)
    assert "program 'cannot' (section xdp)" in text
    assert "--interface" in text
    assert kernel.forgot(name)


def test_a_tracing_program_attaches_or_is_refused_in_plain_words(compiled: Any) -> None:
    """This project's machines refuse fentry with EPERM and an empty log; other kernels take it."""
    with LoadedProgram(compiled("attach", "FENTRY"), "fentry") as program:
        try:
            program.load()
        except Unsupported as error:
            assert "program 'cannot' (section fentry/do_sys_openat2)" in str(error)
            assert "does not permit it (EPERM)" in str(error)
            assert "ulimit" not in str(error)
        else:
            assert len(program.attach()) == 2


def test_an_object_cut_anywhere_is_refused(compiled: Any, capfd: pytest.CaptureFixture[str]) -> None:
    elf = compiled("attach", "QUIET")
    for size in (0, 3, 4, 5, 17, 63, 64, 65, *range(100, len(elf), 97), len(elf) - 1):
        assert "refused" in refused(elf[:size], BadInput) or size >= 64
    assert capfd.readouterr() == ("", "")


def test_files_that_are_no_bpf_objects_are_refused(compiled: Any) -> None:
    elf = bytearray(compiled("attach", "QUIET"))
    assert "not a BPF object" in refused(Path(sys.executable).resolve().read_bytes(), BadInput)
    assert "ELF" in refused(b"#!/bin/sh\n" * 100, BadInput)
    elf[5] = 3 - elf[5]
    assert "endian" in refused(bytes(elf), BadInput)


def run_child(tmp_path: Path, elf: bytes, mode: str, before: str = "true", **environment: str) -> str:
    path = tmp_path / "object.o"
    path.write_bytes(elf)
    words = f'{before} && exec "$0" "$@"'
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", words, sys.executable, str(CHILD), str(path), "child", mode, "events", "ringbuf"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment or None,
        check=False,
    )
    assert done.stderr == ""
    return done.stdout


def test_a_user_without_rights_is_told_what_is_needed(compiled: Any, tmp_path: Path) -> None:
    said_ = run_child(tmp_path, compiled("flood"), "nobody")
    assert said_.startswith("Denied: loading a BPF program needs root or CAP_BPF and CAP_PERFMON")
    assert "sudo" in said_


HIDE_BTF = "mount -t tmpfs none /sys/kernel/btf"


def test_a_kernel_without_types_is_told_with_the_way_out(compiled: Any, tmp_path: Path) -> None:
    said_ = run_child(tmp_path, compiled("sizes"), "plain", HIDE_BTF)
    assert said_.startswith("Unsupported: /sys/kernel/btf/vmlinux is missing")
    assert "BTF_FILE_PATH" in said_


def test_types_from_a_file_make_up_for_a_kernel_without(compiled: Any, tmp_path: Path) -> None:
    copy = tmp_path / "vmlinux.btf"
    copy.write_bytes(Path("/sys/kernel/btf/vmlinux").read_bytes())
    said_ = run_child(tmp_path, compiled("sizes"), "once", HIDE_BTF, BTF_FILE_PATH=str(copy))
    assert said_ == "started\nbatch\nended\ndone 1\n"


def test_bad_types_in_the_environment_are_named(compiled: Any, tmp_path: Path) -> None:
    bad = tmp_path / "bad.btf"
    bad.write_bytes(b"hello")
    assert "neither BTF nor" in run_child(tmp_path, compiled("sizes"), "plain", BTF_FILE_PATH=str(bad))
    bad.write_bytes(b"\x9f\xeb\x01\x00" + bytes(20))
    assert run_child(tmp_path, compiled("sizes"), "plain", BTF_FILE_PATH=str(bad)).startswith("Unsupported")


PROGRAM = BpfProgram(0, "prog", "tp/x/y", 5, True, True)


@given(st.text())
def test_any_log_makes_a_short_printable_error(log: str) -> None:
    log = f"libbpf: prog 'prog': BPF program load failed\n-- BEGIN PROG LOAD LOG --\n{log}\n-- END PROG LOAD LOG --\n"
    for text in (log, log[:60], log * 50):
        error = load_refused(OSError(errno.EACCES, "x"), text, Kernel(), [PROGRAM])
        assert all(line.isprintable() for line in str(error).split("\n"))
        assert len(str(error)) < 4000
    assert all(line.isprintable() for line in said(log) + verifier_log(log))


def test_a_helper_that_the_kernel_lacks_is_the_kernels_fault() -> None:
    log = (
        "libbpf: prog 'prog': BPF program load failed: Invalid argument\nlibbpf: prog 'prog': -- BEGIN PROG LOAD LOG --\n"
        "0: (85) call unknown#999\ninvalid func unknown#999\nprocessed 1 insns (limit 1000000)\n-- END PROG LOAD LOG --\n"
    )
    error = load_refused(OSError(errno.EINVAL, "x"), log, Kernel(), [PROGRAM])
    assert isinstance(error, Unsupported)
    assert "invalid func unknown#999" in error.what


def test_wrong_advice_about_memory_limits_is_never_repeated() -> None:
    log = "libbpf: permission error while running as root; try raising 'ulimit -l'? current value: 8.0 MiB\n"
    error = load_refused(OSError(errno.EPERM, "x"), log, Kernel(), [PROGRAM])
    assert isinstance(error, Unsupported | Denied)
    assert "ulimit" not in str(error)
