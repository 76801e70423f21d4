"""The first and only file system of a guest: busybox, bash, this machine's Python and libbpf, the client, its job."""

from __future__ import annotations

import lzma
import re
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from ....schemas.errors import Unsupported
from ....schemas.package_tests import COMMAND
from ...loader.libbpf import newest
from ..subject import Subject
from .cpio import CpioWriter
from .job import files
from .kernel import GuestKernel
from .requirements import found

PROGRAMS = ("bash",)  # of this machine, beside busybox and Python, and beside what tests say that they need
MODULES = ("sch_ingress", "cls_bpf", "veth", "loop")  # in the order in which they are inserted
CLIENT = ("schemas", "signing", "federation", "client")
SITE = "/site"
_UNUSED = frozenset({"test", "tests", "idlelib", "tkinter", "ensurepip", "lib2to3", "turtledemo", "site-packages",
                     "dist-packages", "pydoc_data"})  # fmt: skip
_HEAVY = frozenset({"sigstore", "rfc3161-client"})  # what runs there was verified before
_WASM = "wasmtime"
_NAME = __name__.partition(".")[0]
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
_INIT = f"""#!/bin/busybox sh
/bin/busybox --install -s /bin 2>/dev/null
export PATH=/bin:/usr/bin:/sbin:/usr/sbin HOME=/tmp PYTHONHOME={{home}} PYTHONPATH={SITE} PYTHONDONTWRITEBYTECODE=1
mount -t devtmpfs dev /dev
mkdir /dev/pts
mount -t devpts pts /dev/pts
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
mount -t securityfs security /sys/kernel/security
for module in {{modules}}; do insmod $module; done
ip link set lo up
python3 -P -m {__package__}.inside /dev/ttyS1
poweroff -f
"""


def write_initramfs(path: Path, kernel: GuestKernel, subjects: Sequence[Subject]) -> None:
    """Write it, not compressed, because QEMU's processor would take longer to unpack it. Raises: Unsupported."""
    with path.open("wb") as out:
        archive = CpioWriter(out)
        for name in ("bin", "sbin", "lib", "lib64"):
            host = Path("/", name)
            if host.is_symlink():
                archive.link(str(host), str(host.readlink()))
        for folder in ("/proc", "/sys", "/tmp", "/root"):  # noqa: S108 — the guest's own
            archive.folder(folder)
        archive.device("/dev/console", 5, 1)
        busybox = _program("busybox")
        archive.file(busybox, "/bin/busybox")
        _python(archive, without=_HEAVY if any(item.program.wasm for item in subjects) else _HEAVY | {_WASM})
        _binaries(archive, [*_programs(busybox, subjects), _libbpf()])
        _binaries(archive, [busybox], alone=False)
        modules = [module for name in MODULES if (module := kernel.module(name))]
        for module in modules:
            data = module.read_bytes()
            archive.data(f"/modules/{module.stem}", lzma.decompress(data) if module.suffix == ".xz" else data)
        for number, subject in enumerate(subjects):
            for place, data in files(subject, number):
                archive.data(place, data)
        archive.data("/etc/passwd", b"root:x:0:0::/tmp:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n")
        archive.data("/etc/hostname", b"guest\n")
        names = " ".join(f"/modules/{module.stem}" for module in modules)
        archive.data("/init", _INIT.format(home=sys.base_prefix, modules=names).encode(), 0o755)
        archive.end()


def _program(name: str) -> Path:
    path = found(name)
    if path is None:
        raise Unsupported(f"booting another kernel takes {name}", needs=name)
    return path


def _programs(busybox: Path, subjects: Sequence[Subject]) -> Iterator[Path]:
    """This machine's commands that tests need and busybox does not have, as far as they are here."""
    listed = subprocess.run([busybox, "--list"], check=False, capture_output=True, text=True).stdout.split()
    needs = {need for subject in subjects for test in subject.tests for need in test.needs}
    commands = {name for kind, _, name in (need.partition(":") for need in needs) if kind == COMMAND}
    for name in sorted({*PROGRAMS, *commands} - {*listed, "python3"}):
        path = found(name)
        if path is not None:
            yield path


def _libbpf() -> Path:
    path = newest()
    if "/" in path:
        return Path(path)
    return next(place for place in Path("/usr").glob(f"lib*/**/{path}"))


def _python(archive: CpioWriter, *, without: frozenset[str]) -> None:
    """The interpreter, its library, the client and what the client imports."""
    program = Path(sys.executable).resolve()
    archive.file(program, "/usr/bin/python3")
    library = Path(sysconfig.get_path("stdlib"))
    linking = {path.name for path in library.glob("config-*")}
    archive.tree(library, str(library), without=_UNUSED | linking)
    extensions = [*Path(sysconfig.get_config_var("DESTSHARED")).glob("*.so"), *_client(archive, without)]
    _binaries(archive, [program, *extensions], alone=False)


def _client(archive: CpioWriter, without: frozenset[str]) -> list[Path]:
    """Add the project, but for what builds, and its requirements; returns their extension modules."""
    root = Path(__file__).resolve().parents[3]
    for name in ("__init__.py", "py.typed"):
        archive.file(root / name, f"{SITE}/{_NAME}/{name}")
    for name in CLIENT:
        archive.tree(root / name, f"{SITE}/{_NAME}/{name}", without=frozenset({"builder"}))
    extensions = []
    for required in _requirements(_NAME, without, {}).values():
        for file in required.files or ():
            place = Path(str(required.locate_file(file)))
            if ".." not in file.parts and place.is_file():
                archive.file(place, f"{SITE}/{file}")
                extensions += [place] if place.suffix == ".so" else []
    return extensions


def _requirements(name: str, without: frozenset[str], known: dict[str, Distribution]) -> dict[str, Distribution]:
    """Whatever the plain installation of a distribution brings, but for `without` and what only that needs."""
    for line in distribution(name).requires or ():
        required = re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", line, maxsplit=1)[0]).lower()
        if "extra ==" in line or required in known or required in without:
            continue
        try:
            known[required] = distribution(required)
        except PackageNotFoundError:  # for another Python or system
            continue
        _requirements(required, without, known)
    return known


def _binaries(archive: CpioWriter, binaries: Sequence[Path], *, alone: bool = True) -> None:
    """Add the shared libraries of binaries, and with `alone` the binaries, under one path each: uprobes go by file."""
    told = subprocess.run(["ldd", *map(str, binaries)], check=False, capture_output=True, text=True).stdout
    libraries = dict.fromkeys(Path(text) for text in _LIBRARY.findall(told))
    for path in [*libraries, *(binaries if alone else ())]:
        archive.file(path)
