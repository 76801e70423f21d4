"""What this kernel and this user can do, asked before a program is loaded: capabilities, types, tracefs, version.

It only reads files, at paths that a test can replace; it never tries bpf(2).
"""

from __future__ import annotations

import os

from ...schemas.errors import BadInput, Denied, NotFound, Unsupported
from ...schemas.named import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

_CAP_SYS_ADMIN, _CAP_PERFMON, _CAP_BPF = 21, 38, 39  # capabilities(7)
_STATUS_LIMIT = 64 * 1024  # bytes of /proc/self/status that are looked at
BTF_VARIABLE = "BTF_FILE_PATH"


class Kernel(NamedTuple):
    """The places where a kernel tells about itself. A named tuple, for it is made at every start."""

    status: str = "/proc/self/status"
    btf: str = "/sys/kernel/btf/vmlinux"
    tracing: tuple[str, ...] = ("/sys/kernel/tracing", "/sys/kernel/debug/tracing")

    @property
    def version(self) -> str:
        """The running kernel's release, such as 6.1.0-56-cloud-amd64."""
        return os.uname().release

    def capabilities(self) -> int:
        """Return this process's effective capabilities as bits (proc_pid_status(5), CapEff). Raises: Unsupported."""
        for line in _read(self.status).splitlines():
            name, _, value = line.partition(b":")
            if name == b"CapEff":
                return int(value, 16)
        raise Unsupported("tells no effective capabilities", where=self.status, needs="a mounted /proc")

    def may_load(self) -> bool:
        """Tell whether BPF programs may be loaded: CAP_SYS_ADMIN, or CAP_BPF with CAP_PERFMON (capabilities(7))."""
        held = self.capabilities()
        return bool(held >> _CAP_SYS_ADMIN & 1 or (held >> _CAP_BPF & 1 and held >> _CAP_PERFMON & 1))

    def require_capabilities(self) -> None:
        """Refuse a user who may not load BPF programs. Raises: Denied, Unsupported."""
        if not self.may_load():
            raise Denied(
                "loading a BPF program needs root or CAP_BPF and CAP_PERFMON", todo="run it with sudo, or as root"
            )

    def has_btf(self) -> bool:
        """Tell whether the kernel carries its own types (CONFIG_DEBUG_INFO_BTF)."""
        return os.access(self.btf, os.R_OK)

    def custom_btf(self, environment: Mapping[str, str] = os.environ) -> str:
        """Return the file of kernel types that BTF_FILE_PATH names, or nothing. Raises: NotFound, BadInput."""
        path = environment.get(BTF_VARIABLE, "")
        if not path:
            return ""
        try:
            head = _read(path, 2)
        except OSError as error:
            raise NotFound(f"cannot be read: {error.strerror}", where=f"{BTF_VARIABLE}={path}") from error
        if head not in (b"\x9f\xeb", b"\xeb\x9f", b"\x7fE"):
            raise BadInput("is neither BTF nor an ELF file with BTF", where=f"{BTF_VARIABLE}={path}")
        return path

    def no_btf(self) -> Unsupported:
        """Make the error for a kernel that has no types of its own."""
        return Unsupported(
            f"{self.btf} is missing, so the program cannot be fitted to kernel {self.version}",
            needs="kernel BTF (CONFIG_DEBUG_INFO_BTF)",
            todo=f"set {BTF_VARIABLE} to a file with this kernel's types; btfhub has them for many distributions",
        )

    def require_tracing(self) -> None:
        """Refuse when tracefs, where the numbers of tracepoints stand, cannot be read. Raises: Unsupported, Denied."""
        events = [f"{place}/events" for place in self.tracing]
        if any(os.access(place, os.X_OK) for place in events):
            return
        for place in self.tracing:
            if os.access(place, os.F_OK) and not os.access(place, os.X_OK):
                raise Denied(
                    f"tracepoints need tracefs, and {place} is closed to this user",
                    todo="run it with sudo, or give it CAP_DAC_READ_SEARCH too",
                )
        raise Unsupported(
            "tracepoints need tracefs, and it is not mounted",
            needs="tracefs",
            todo=f"mount it: mount -t tracefs tracefs {self.tracing[0]}",
        )


def _read(path: str, limit: int = _STATUS_LIMIT) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        return os.read(descriptor, limit)
    finally:
        os.close(descriptor)
