"""What the kernel tells about itself and the user, from files laid out as the kernel lays them out."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from ebpfhub.client.loader.kernel import Kernel
from ebpfhub.schemas.errors import BadInput, Denied, NotFound, Unsupported


def status(folder: Path, capabilities: int) -> Kernel:
    path = folder / "status"
    path.write_text(f"Name:\tpython\nCapPrm:\t{2**64 - 1:016x}\nCapEff:\t{capabilities:016x}\nSeccomp:\t0\n")
    return Kernel(status=str(path))


@pytest.mark.parametrize(
    ("capabilities", "may"),
    [
        (0, False),
        (1 << 21, True),  # CAP_SYS_ADMIN
        (1 << 38 | 1 << 39, True),  # CAP_PERFMON, CAP_BPF
        (1 << 39, False),
        (1 << 38, False),
        (0x000001FFFFFFFFFF & ~(1 << 21), True),
        (1 << 12 | 1 << 1, False),
    ],
)
def test_only_some_capabilities_may_load(tmp_path: Path, capabilities: int, may: bool) -> None:
    kernel = status(tmp_path, capabilities)
    assert kernel.may_load() == may
    if may:
        kernel.require_capabilities()
    else:
        with pytest.raises(Denied, match="CAP_BPF and CAP_PERFMON"):
            kernel.require_capabilities()


def test_this_machine_may_run_the_tests() -> None:
    kernel = Kernel()
    assert kernel.may_load()
    assert kernel.has_btf()
    assert kernel.version


def test_a_status_without_capabilities_is_refused(tmp_path: Path) -> None:
    (tmp_path / "status").write_text("Name:\tpython\n")
    with pytest.raises(Unsupported):
        Kernel(status=str(tmp_path / "status")).capabilities()


def test_types_in_a_file_are_checked_before_use(tmp_path: Path) -> None:
    kernel, path = Kernel(), tmp_path / "btf"
    assert kernel.custom_btf({}) == ""
    with pytest.raises(NotFound, match="No such file"):
        kernel.custom_btf({"BTF_FILE_PATH": str(path)})
    path.write_bytes(b"\x9f\xeb\x01")
    assert kernel.custom_btf({"BTF_FILE_PATH": str(path)}) == str(path)
    path.write_bytes(b"zz")
    with pytest.raises(BadInput):
        kernel.custom_btf({"BTF_FILE_PATH": str(path)})


def test_a_kernel_without_types_is_seen(tmp_path: Path) -> None:
    kernel = Kernel(btf=str(tmp_path / "vmlinux"))
    assert not kernel.has_btf()
    assert "BTF_FILE_PATH" in kernel.no_btf().todo


def test_either_place_of_tracefs_will_do(tmp_path: Path) -> None:
    first, second = tmp_path / "tracing", tmp_path / "debug"
    kernel = Kernel(tracing=(str(first), str(second)))
    with pytest.raises(Unsupported, match="not mounted"):
        kernel.require_tracing()
    first.mkdir()
    with pytest.raises(Unsupported, match="not mounted"):
        kernel.require_tracing()
    (second / "events").mkdir(parents=True)
    kernel.require_tracing()


def test_a_closed_tracefs_is_a_matter_of_rights() -> None:
    code = (
        "import os, sys; from ebpfhub.client.loader.kernel import Kernel; os.setresuid(65534, 65534, 65534)\n"
        "try: Kernel(tracing=(sys.argv[1],)).require_tracing()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # other users may come as far as the closed folder
        closed = Path(folder, "tracing")
        closed.joinpath("events").mkdir(parents=True)
        closed.chmod(0o700)  # as the kernel mounts it
        done = subprocess.run([sys.executable, "-c", code, str(closed)], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Denied tracepoints need tracefs")
