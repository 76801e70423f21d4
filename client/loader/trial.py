"""Try to load every program of an object, without attaching: which ones this kernel takes, and what it says of others.

One that is rejected is left out and the rest tried again, so all verdicts come of one call. Nothing stays loaded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...schemas.errors import BadInput
from .kernel import Kernel
from .libbpf import BpfProgram, Library
from .program import kernel_name, system_library
from .refusal import failed_program, open_refused, said

MAX_REJECTED = 64  # after which no more are tried
LOG_BYTES = (1 << 24) - 1  # what every kernel allows; memory is taken as it is written
KEPT_LOG_BYTES = 256 * 1024  # of a log, from its end
_LEVELS = (0, 4)  # what happened on the way (libbpf's choice); the last words alone (BPF_LOG_STATS)
_COMPLETE = "\nprocessed "  # at the end of a log that is whole
_LAST_CHARS = 1024
_INFO_BYTES, _VERIFIED_AT = 224, 216  # struct bpf_prog_info up to verified_insns (Linux 5.16)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Why something was not loaded: the verifier's log, or what libbpf said, and the errno."""

    log: str
    said: tuple[str, ...]
    error: OSError


@dataclass(frozen=True, slots=True)
class Verdict:
    """One program: accepted after `instructions` were looked at (0: not told), rejected, or not `tried`.

    A program that the object marks as not to be loaded by itself is not tried.
    """

    name: str
    section: str
    tried: bool
    instructions: int = 0
    rejected: Rejected | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """The verdicts on all programs, or what stands against the object as a whole."""

    verdicts: tuple[Verdict, ...]
    whole: Rejected | None = None


def try_programs(elf: bytes, name: str, *, kernel: Kernel, library: Library | None = None) -> Trial:
    """Load all programs of an object that is in memory, as often as programs are rejected.

    Raises: Denied without the capabilities; BadInput where it is no object; Unsupported without libbpf.
    """
    kernel.require_capabilities()
    library = library or system_library()
    rejected: dict[str, Rejected] = {}
    rounds = _Rounds(elf, name, library, kernel.custom_btf(), library.buffer(LOG_BYTES))
    while True:
        found = rounds.run(rejected)
        if isinstance(found, Trial):
            return found
        program, why = found
        rejected[program.name] = why
        if len(rejected) >= MAX_REJECTED:
            raise BadInput(f"more than {MAX_REJECTED} programs are rejected", where=name)


@dataclass(frozen=True, slots=True)
class _Rounds:
    """One object that is opened, without the programs rejected so far, and loaded, again and again."""

    elf: bytes
    name: str
    library: Library
    btf_path: str
    log: Any

    def run(self, rejected: dict[str, Rejected]) -> Trial | tuple[BpfProgram, Rejected]:
        found = self.once(rejected, _LEVELS[0])
        if isinstance(found, Trial) or _is_whole(found[1].log):
            return found
        short = self.once(rejected, _LEVELS[1])  # kernels before 6.4 cut the end off, which says what is wrong
        return found if isinstance(short, Trial) or not short[1].log else short

    def once(self, rejected: dict[str, Rejected], level: int) -> Trial | tuple[BpfProgram, Rejected]:
        self.library.log.take()
        self.log[0] = b"\0"  # nothing is said yet
        name = kernel_name(self.name)
        try:
            opened = self.library.open(self.elf, name=name, btf_path=self.btf_path, log=self.log, level=level)
        except OSError as error:
            raise open_refused(error, self.library.log.take(), elf=self.elf) from error
        try:
            return _Loading(self.library, opened, rejected, self.log).run()
        finally:
            self.library.call("bpf_object__close", opened)


def _is_whole(log: str) -> bool:
    return not log or _COMPLETE in log[-_LAST_CHARS:]


class _Loading:
    """An opened object on its way into the kernel."""

    def __init__(self, library: Library, opened: int, rejected: dict[str, Rejected], log: Any) -> None:
        self.library = library
        self.object = opened
        self.rejected = rejected
        self.log = log
        self.programs = list(library.programs(opened))

    def run(self) -> Trial | tuple[BpfProgram, Rejected]:
        for program in self.programs:
            if program.name in self.rejected:
                self.library.call("bpf_program__set_autoload", program.pointer, False)
        try:
            self.library.done("bpf_object__load", self.object)
        except OSError as error:
            return self.failed(error)
        return Trial(tuple(self.verdict(program) for program in self.programs))

    def failed(self, error: OSError) -> Trial | tuple[BpfProgram, Rejected]:
        heard = self.library.log.take()
        log = bytes(self.log.value)[-KEPT_LOG_BYTES:].decode("utf-8", "replace")
        tried = [item for item in self.programs if item.loads and item.name not in self.rejected]
        program = failed_program(heard, tried)
        why = Rejected(log if program else "", tuple(said(heard)), error)
        if program is not None:
            return program, why
        return Trial(tuple(self.verdict(item) for item in self.programs if item.name in self.rejected), why)

    def verdict(self, program: BpfProgram) -> Verdict:
        why = self.rejected.get(program.name)
        if why is not None or not program.loads:
            return Verdict(program.name, program.section, why is not None, rejected=why)
        return Verdict(program.name, program.section, True, self.instructions(program))

    def instructions(self, program: BpfProgram) -> int:
        info, size = self.library.buffer(_INFO_BYTES), self.library.buffer(4)
        size.raw = _INFO_BYTES.to_bytes(4, "little")
        descriptor = self.library.call("bpf_program__fd", program.pointer)
        addresses = self.library.address(info), self.library.address(size)
        try:
            self.library.done("bpf_obj_get_info_by_fd", descriptor, *addresses)
        except OSError:
            return 0
        return int.from_bytes(info.raw[_VERIFIED_AT : _VERIFIED_AT + 4], "little")
