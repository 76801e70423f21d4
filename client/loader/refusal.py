"""Why libbpf or the kernel refused a program, said so that a person knows what to do: from errno and libbpf's log.

It makes errors and raises none. Log lines hold names out of the object, so they are cut, and shown without control
characters.
"""

from __future__ import annotations

import errno
import os

from ...schemas.errors import BadInput, Denied, HubError, Unsupported
from .kernel import Kernel
from .libbpf import BpfProgram

SHOWN_LINES = 12  # last lines of a log that an error shows
_LINE_LIMIT = 200  # characters
_BEGIN, _END = "-- BEGIN PROG LOAD LOG --", "-- END PROG LOAD LOG --"
_MISSING = ("unknown func", "invalid func", "failed to find kernel BTF", "failed to find BTF", "extern (func ksym)")
_MEANINGS = {  # what an errno of bpf(2) means here, where strerror would mislead
    errno.EPERM: "this kernel does not permit it",
    errno.EACCES: "access is denied",
    errno.ENOENT: "what it hooks does not exist on this machine",
    errno.ESRCH: "what it hooks does not exist on this machine",
    errno.EOPNOTSUPP: "this kernel does not support it",
    errno.EINVAL: "this kernel does not know what is asked for",
    errno.E2BIG: "it is too large for this kernel",
    errno.ENOMEM: "there is not enough memory",
    524: "this kernel does not support it",  # ENOTSUPP, which C libraries do not know
    4000: "libelf cannot read it",
    4001: "it is not a valid BPF object",
    4002: "it is for a kernel of another version",
    4003: "it is for a processor of the other byte order",
    4005: "a relocation in it is wrong",
}


def open_refused(error: OSError, log: str) -> HubError:
    """Say why an object cannot be opened."""
    return BadInput(f"the BPF object cannot be read: {meaning(error)}", todo=_quote(said(log)))


def load_refused(error: OSError, log: str, kernel: Kernel, programs: list[BpfProgram]) -> HubError:
    """Say why the kernel does not take an opened object."""
    lines = said(log)
    verifier = verifier_log(log)
    named = _failed(log, programs)
    if verifier:
        what = f"the kernel's verifier refuses {named}: {verifier[-1]}"
        if any(mark in line for mark in _MISSING for line in verifier + lines):
            return Unsupported(what, needs=f"a kernel other than {kernel.version}", todo=_quote(verifier))
        return BadInput(what, todo=_quote(verifier))
    if "vmlinux BTF" in log and not kernel.has_btf():
        return kernel.no_btf()
    if error.errno == errno.EPERM and not kernel.may_load():
        return Denied(f"loading {named} needs root or CAP_BPF and CAP_PERFMON", todo="run it with sudo")
    what = f"kernel {kernel.version} refuses {named}: {meaning(error)}"
    if error.errno == errno.EPERM:
        todo = "a locked-down kernel, a container or a missing capability forbids this kind of program"
        return Unsupported(what, needs="a kernel that permits this kind of program", todo=todo)
    return Unsupported(what, needs=f"a kernel other than {kernel.version}", todo=_quote(lines))


def attach_refused(error: OSError, log: str, program: BpfProgram) -> HubError:
    """Say why a loaded program cannot be attached."""
    named = name_of(program)
    if error.errno == errno.EACCES or (error.errno == errno.EPERM and os.geteuid()):
        return Denied(f"{named} cannot be attached: {meaning(error)}", todo="run it with sudo")
    return Unsupported(
        f"{named} cannot be attached: {meaning(error)}",
        needs="a kernel and machine that have what the section names",
        todo=_quote(said(log)),
    )


def operations_refused(error: OSError, log: str, name: str) -> HubError:
    """Say why a struct_ops map cannot be attached."""
    return Unsupported(
        _clean(f"the operations of map {name!r} cannot be attached: {meaning(error)}"),
        needs="a kernel that lets BPF programs replace these operations",
        todo=_quote(said(log)),
    )


def name_of(program: BpfProgram) -> str:
    """Name a program and its section for messages."""
    return _clean(f"program '{program.name}' (section {program.section})")


def meaning(error: OSError) -> str:
    """Say what an errno means, with its name."""
    code = error.errno or 0
    name = "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode.get(code, f"error {code}")
    return f"{_MEANINGS.get(code) or os.strerror(code).lower()} ({name})"


def said(log: str) -> list[str]:
    """Return libbpf's own lines: without its prefix, the verifier's log, and advice that is wrong since Linux 5.11."""
    kept, inside = [], False
    for line in log.splitlines():
        if _BEGIN in line:
            inside = True
        elif _END in line:
            inside = False
        elif not inside and "ulimit" not in line and line.strip():
            kept.append(_clean(line.removeprefix("libbpf: ")))
    return kept


def verifier_log(log: str) -> list[str]:
    """Return the lines of the last verifier log that say something: no blank lines, no statistics."""
    _, found, rest = log.rpartition(_BEGIN)
    if not found:
        return []
    lines = rest.partition(_END)[0].splitlines()[1:]
    spoken = [line for line in lines if not line.startswith(("processed ", "libbpf: ", "verification time", "stack "))]
    return [_clean(line) for line in spoken if line.strip()]


def _failed(log: str, programs: list[BpfProgram]) -> str:
    for program in programs:
        if f"prog '{program.name}': BPF program load failed" in log:
            return name_of(program)
    return "the object"


def _quote(lines: list[str]) -> str:
    return "\n  ".join(lines[-SHOWN_LINES:])


def _clean(line: str) -> str:
    shown = line[:_LINE_LIMIT].replace("\t", " ")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in shown)
