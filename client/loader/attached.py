"""What of one loaded object is attached: its programs go in together, and come out together.

The quick path is here: a section that names what it attaches to needs libbpf only; attach.py knows the other kinds.
"""

from __future__ import annotations

import errno

from ...schemas.errors import BadInput, HubError, NotFound
from ...schemas.named import TYPE_CHECKING
from .libbpf import BpfMap, BpfProgram, Library
from .refusal import attach_refused, name_of, operations_refused

if TYPE_CHECKING:  # only what is attached in another way than by libbpf alone needs it
    from collections.abc import Callable, Mapping

    from .target import Target

_SCHED_CLS = 3  # enum bpf_prog_type
_STRUCT_OPS = 26  # enum bpf_map_type
_PLAIN = (  # sections that libbpf attaches alone, if they name what to
    *("tp", "tracepoint", "raw_tp", "raw_tracepoint", "tp_btf", "kprobe", "kretprobe", "ksyscall", "kretsyscall"),
    *("fentry", "fexit", "fmod_ret", "lsm"),
)
_SYSTEM_CALLS = ("tp/syscalls/", "tracepoint/syscalls/")
_TRAFFIC = ("tc/", "tcx/")  # sections that libbpf before 1.3 does not know
_THREADS = 16  # that detach at once


class Attached:
    """The links of an object. `left_out` are sentences, `iterators` programs with their links' descriptors."""

    def __init__(
        self,
        library: Library,
        bpf_object: int,
        programs: list[BpfProgram],
        name: str,
        map_named: Callable[[str], BpfMap],
    ) -> None:
        self._library, self._object, self._programs, self._name = library, bpf_object, programs, name
        self._map_named = map_named
        self._links: list[Callable[[], object]] = []
        self.iterators: list[tuple[str, int]] = []
        self.left_out: list[str] = []
        for program in programs:
            if program.type == 0 and program.section.startswith(_TRAFFIC):
                library.call("bpf_program__set_type", program.pointer, _SCHED_CLS)

    def check(self, targets: Mapping[str, Target]) -> None:
        """Refuse what could not be attached, before it is loaded. Raises: BadInput, NotFound, Unsupported."""
        for name in targets:
            self._named(name)
        wanted = self._wanted()
        if self._programs and not wanted and not self._operations():
            raise BadInput("the object has no program that can be attached", where=self._name)
        for program in wanted:
            if not _plain(program):
                from .attach import complaint
                from .target import NOWHERE

                refused = complaint(program, targets.get(program.name, NOWHERE))
                if refused:
                    raise refused

    def attach(self, targets: Mapping[str, Target]) -> list[BpfProgram]:
        """Attach everything or nothing (program.py). Raises: BadInput, NotFound, Unsupported, Denied."""
        self.check(targets)
        attached = []
        refused: HubError | None = None
        try:
            for program in self._wanted():
                try:
                    self._attach(program, targets.get(program.name))
                    attached.append(program)
                except _NoSystemCall as error:
                    refused = error.refused
                    self.left_out.append(f"{name_of(program)} is left out: this machine has no such system call")
            if refused and not attached:
                raise refused
            attached += self._attach_operations()
        except BaseException:
            self.detach()
            raise
        return attached

    def attach_one(self, name: str, target: Target | None) -> None:
        """Attach the program `name` alone. Raises: NotFound, BadInput, Unsupported, Denied."""
        try:
            self._attach(self._named(name), target)
        except _NoSystemCall as error:
            raise error.refused from error

    def detach(self) -> None:
        """Take all off again.

        The kernel returns only when no processor is in the hook any more, some 70 ms for each tracepoint: so many at
        once.
        """
        links, self._links = self._links, []
        self.iterators.clear()
        threads = []
        if len(links) > 1:
            from threading import Thread

            threads = [Thread(target=_drain, args=(links,)) for _ in range(min(len(links), _THREADS) - 1)]
        for thread in threads:
            thread.start()
        _drain(links)
        for thread in threads:
            thread.join()

    def _named(self, name: str) -> BpfProgram:
        for program in self._programs:
            if program.name == name:
                return program
        raise NotFound(f"the object has no program {name!r}", where=self._name)

    def _wanted(self) -> list[BpfProgram]:
        listed = [program for program in self._programs if program.loads and program.attaches]
        return [program for program in listed if not program.section.startswith("struct_ops")]

    def _attach(self, program: BpfProgram, target: Target | None) -> None:
        self._library.log.take()
        try:
            if target is None and _plain(program):
                self._keep(self._library.made("bpf_program__attach", program.pointer))
                return
            from .attach import attach
            from .links.request import Request
            from .target import NOWHERE

            links, iterator = attach(Request(self._library, program, target or NOWHERE, self._map_named))
        except OSError as error:
            refused = attach_refused(error, self._library.log.take(), program)
            if error.errno == errno.ENOENT and program.section.startswith(_SYSTEM_CALLS):
                raise _NoSystemCall(refused) from error
            raise refused from error
        self._links += links
        if iterator >= 0:
            self.iterators.append((program.name, iterator))

    def _attach_operations(self) -> list[BpfProgram]:
        """Attach the struct_ops maps. Before libbpf 1.2 these are no links: a killed process leaves them."""
        operations = self._operations()
        for found in operations:
            self._library.log.take()
            try:
                self._keep(self._library.made("bpf_map__attach_struct_ops", found.pointer))
            except OSError as error:
                raise operations_refused(error, self._library.log.take(), found.name) from error
        wanted = self._programs if operations else []
        return [program for program in wanted if program.section.startswith("struct_ops") and program.loads]

    def _operations(self) -> list[BpfMap]:
        return [found for found in self._library.maps(self._object) if found.type == _STRUCT_OPS]

    def _keep(self, link: int) -> None:
        self._links.append(lambda: self._library.call("bpf_link__destroy", link))


class _NoSystemCall(Exception):
    """The tracepoint of a system call is not there; `refused` is how that is told if it matters."""

    def __init__(self, refused: HubError) -> None:
        super().__init__()
        self.refused = refused


def _plain(program: BpfProgram) -> bool:
    kind, _, named = program.section.partition("/")
    return kind in _PLAIN and bool(named)


def _drain(links: list[Callable[[], object]]) -> None:
    while links:
        try:
            undo = links.pop()
        except IndexError:  # another thread took the last one
            return
        undo()
