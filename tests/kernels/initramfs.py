"""The first and only file system of a guest: busybox, bash, this machine's Python and libbpf, the client, its cases."""

from __future__ import annotations

import json
import lzma
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import ebpfhub
from ebpfhub.client.loader.libbpf import newest

from .cpio import CpioWriter
from .debian import DebianKernel

PROGRAMS = ("bash",)  # of this machine, beside busybox and Python
MODULES = ("sch_ingress", "cls_bpf", "veth", "loop")  # in the order in which they are inserted
CLIENT = ("schemas", "signing", "federation", "client")
SITE = "/site"
_UNUSED = frozenset({"test", "tests", "idlelib", "tkinter", "ensurepip", "lib2to3", "turtledemo", "site-packages",
                     "dist-packages", "pydoc_data"})  # fmt: skip
_HEAVY = frozenset({"sigstore", "rfc3161-client", "wasmtime"})  # `ecli run` of a file and a BPF object needs none
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
_INIT = f"""#!/bin/busybox sh
/bin/busybox --install -s /bin 2>/dev/null
export PATH=/bin:/usr/bin HOME=/tmp PYTHONHOME={{home}} PYTHONPATH={SITE} PYTHONDONTWRITEBYTECODE=1
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
python3 -P /guest.py /cases.json /dev/ttyS1
poweroff -f
"""


def write_initramfs(
    path: Path, kernel: DebianKernel, cases: Sequence[dict[str, object]], files: Iterable[Path]
) -> None:
    """Write it, not compressed, because QEMU's processor would take longer to unpack it; `files` keep their paths."""
    with path.open("wb") as out:
        archive = CpioWriter(out)
        for name in ("bin", "sbin", "lib", "lib64"):
            host = Path("/", name)
            if host.is_symlink():
                archive.link(str(host), str(host.readlink()))
        for folder in ("/proc", "/sys", "/tmp", "/root"):
            archive.folder(folder)
        archive.device("/dev/console", 5, 1)
        archive.file(_program("busybox", "busybox-static"), "/bin/busybox")
        _python(archive)
        _binaries(archive, [*map(_program, PROGRAMS), _libbpf()])
        modules = [module for name in MODULES if (module := kernel.module(name))]
        for module in modules:
            data = module.read_bytes()
            archive.data(f"/modules/{module.stem}", lzma.decompress(data) if module.suffix == ".xz" else data)
        for file in files:
            archive.file(file)
        archive.file(Path(__file__).with_name("guest.py"), "/guest.py")
        archive.data("/etc/passwd", b"root:x:0:0::/tmp:/bin/sh\nnobody:x:65534:65534::/tmp:/bin/sh\n")
        archive.data("/cases.json", json.dumps(cases).encode())
        names = " ".join(f"/modules/{module.stem}" for module in modules)
        archive.data("/init", _INIT.format(home=sys.base_prefix, modules=names).encode(), 0o755)
        archive.end()


def _program(name: str, package: str = "") -> Path:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    assert found, f"this test needs {name}: apt-get install {package or name}"
    return Path(found)


def _libbpf() -> Path:
    path = newest()
    if "/" in path:
        return Path(path)
    return next(place for place in Path("/usr").glob(f"lib*/**/{path}"))


def _python(archive: CpioWriter) -> None:
    """The interpreter, its library, the client and what the client imports."""
    program = Path(sys.executable).resolve()
    archive.file(program, "/usr/bin/python3")
    library = Path(sysconfig.get_path("stdlib"))
    linking = {path.name for path in library.glob("config-*")}
    archive.tree(library, str(library), without=_UNUSED | linking)
    extensions = [*Path(sysconfig.get_config_var("DESTSHARED")).glob("*.so"), *_client(archive)]
    _binaries(archive, [program, *extensions], alone=False)


def _client(archive: CpioWriter) -> list[Path]:
    """Add the project and its requirements; returns their extension modules."""
    root = Path(ebpfhub.__path__[0])
    for name in ("__init__.py", "py.typed"):
        archive.file(root / name, f"{SITE}/ebpfhub/{name}")
    for name in CLIENT:
        archive.tree(root / name, f"{SITE}/ebpfhub/{name}")
    extensions = []
    for found in _requirements("ebpfhub", {}).values():
        for file in found.files or ():
            place = Path(str(found.locate_file(file)))
            if ".." not in file.parts and place.is_file():
                archive.file(place, f"{SITE}/{file}")
                extensions += [place] if place.suffix == ".so" else []
    return extensions


def _requirements(name: str, known: dict[str, Distribution]) -> dict[str, Distribution]:
    """Whatever the plain installation of a distribution brings, but for what is heavy and not used here."""
    for line in distribution(name).requires or ():
        required = re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", line, maxsplit=1)[0]).lower()
        if "extra ==" in line or required in known or required in _HEAVY:
            continue
        try:
            known[required] = distribution(required)
        except PackageNotFoundError:  # for another Python or system
            continue
        _requirements(required, known)
    return known


def _binaries(archive: CpioWriter, binaries: Sequence[Path], *, alone: bool = True) -> None:
    """Add the shared libraries of binaries, and with `alone` the binaries, under one path each: uprobes go by file."""
    told = subprocess.run(["ldd", *map(str, binaries)], check=False, capture_output=True, text=True).stdout
    found = dict.fromkeys(Path(text) for text in _LIBRARY.findall(told))
    for path in [*found, *(binaries if alone else ())]:
        archive.file(path)
