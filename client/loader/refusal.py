"""Why libbpf or the kernel refused a program, said so that a person knows what to do: from errno and libbpf's log.

It makes errors and raises none. Log lines hold names out of the object, so they are cut, and shown without control
characters.
"""

from __future__ import annotations

import errno
import os

from ...schemas.errors import BadInput, Denied, HubError, Unsupported
from ...schemas.named import TYPE_CHECKING
from .kernel import Kernel
from .libbpf import BpfProgram

if TYPE_CHECKING:  # imported only where a program was refused: start-up time
    from ..verifier.explanation import Explanation

SHOWN_LINES = 12  # that an error shows at most
LOG_LINES = 8  # last lines of the verifier's log among them
_COLUMNS = 78
_LINE_LIMIT = 200  # characters
_BEGIN, _END = "-- BEGIN PROG LOAD LOG --", "-- END PROG LOAD LOG --"
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


def open_refused(error: OSError, log: str, *, elf: bytes = b"") -> HubError:
    """Say why an object cannot be opened; `elf` is where its lines of source are looked up."""
    from ..verifier.explanation import explain_said
    from ..verifier.source import source_of

    lines = said(log)
    found = explain_said(lines, source=source_of(elf))
    if found is None:
        return BadInput(f"the BPF object cannot be read: {meaning(error)}", todo=_quote(lines))
    return BadInput(f"the BPF object cannot be read: {_clean(found.message)}", todo=_quote(_reasons(found)))


def load_refused(error: OSError, log: str, kernel: Kernel, programs: list[BpfProgram], *, elf: bytes = b"") -> HubError:
    """Say why the kernel does not take an opened object; `elf` is where its lines of source are looked up."""
    program = failed_program(log, programs)
    named = name_of(program) if program else "the object"
    if verifier_log(log):
        return _rejected(log, kernel, program, elf)
    if "vmlinux BTF" in log and not kernel.has_btf():
        return kernel.no_btf()
    if error.errno == errno.EPERM and not kernel.may_load():
        return Denied(f"loading {named} needs root or CAP_BPF and CAP_PERFMON", todo="run it with sudo")
    if error.errno == errno.EPERM:
        what = f"kernel {kernel.version} refuses {named}: {meaning(error)}"
        todo = "a locked-down kernel, a container or a missing capability forbids this kind of program"
        return Unsupported(what, needs="a kernel that permits this kind of program", todo=todo)
    return _not_loaded(error, log, kernel, program, elf)


def _not_loaded(error: OSError, log: str, kernel: Kernel, program: BpfProgram | None, elf: bytes) -> HubError:
    """Libbpf gave up before the verifier was asked."""
    from ..verifier.explanation import explain_said
    from ..verifier.source import source_of

    named = name_of(program) if program else "the object"
    found = explain_said(said(log), program=program.name if program else "", source=source_of(elf))
    told = meaning(error) if found is None else _clean(found.message)
    what = f"kernel {kernel.version} refuses {named}: {told}"
    todo = _quote(said(log) if found is None else _reasons(found))
    if found is None or found.is_of_the_kernel:
        return Unsupported(what, needs=f"a kernel other than {kernel.version}", todo=todo)
    return BadInput(what, todo=todo)


def _rejected(log: str, kernel: Kernel, program: BpfProgram | None, elf: bytes) -> HubError:
    from ..verifier.explanation import explain_log
    from ..verifier.source import source_of

    name, section = (program.name, program.section) if program else ("", "")
    found = explain_log(verifier_text(log), program=name, section=section, source=source_of(elf))
    named = name_of(program) if program else "the object"
    what = f"the kernel's verifier refuses {named}: {_clean(found.message)}"
    todo = _quote([*_reasons(found), *verifier_log(log)[-LOG_LINES:]])
    if found.is_of_the_kernel:
        return Unsupported(what, needs=f"a kernel other than {kernel.version}", todo=todo)
    return BadInput(what, todo=todo)


def _reasons(found: Explanation) -> list[str]:
    """Where in the source it is, and the usual cause, in few lines: who runs a program mostly did not write it."""
    from textwrap import wrap

    from ..verifier.shown import place_text

    lines = []
    if found.place is not None:
        lines.append(_clean(f"{place_text(found.place)}  {found.place.text.strip()}"))
    if found.cause is not None:
        lines += wrap(found.cause.why, _COLUMNS)
    return lines


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


def verifier_text(log: str) -> str:
    """Return the last verifier log in what libbpf said; its beginning may be cut off."""
    before, found, _ = log.rpartition(_END)
    if not found:
        before = log
    _, began, rest = before.rpartition(_BEGIN)
    if began:
        return rest.partition("\n")[2]
    return before if found else ""


def verifier_log(log: str) -> list[str]:
    """Return the lines of the last verifier log that say something: no blank lines, no statistics."""
    lines = verifier_text(log).splitlines()
    spoken = [line for line in lines if not line.startswith(("processed ", "libbpf: ", "verification time", "stack "))]
    return [_clean(line) for line in spoken if line.strip()]


def failed_program(log: str, programs: list[BpfProgram]) -> BpfProgram | None:
    """Find the program that libbpf's last message about one names, if it is one of `programs`."""
    named = {program.name: program for program in programs}
    for line in reversed(log.splitlines()):
        _, found, rest = line.partition("prog '")
        if found and (program := named.get(rest.partition("'")[0])):
            return program
    return None


def _quote(lines: list[str]) -> str:
    return "\n  ".join(lines[-SHOWN_LINES:])


def _clean(line: str) -> str:
    shown = line[:_LINE_LIMIT].replace("\t", " ")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in shown)
