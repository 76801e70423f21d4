"""One BPF object on its way into this kernel: opened, given its values, loaded, attached, and taken out again.

Whatever happens, close() leaves nothing attached. Who may load, and what is trusted, is decided before this.
"""

from __future__ import annotations

import sys

from ...schemas.errors import BadInput, NotFound
from ...schemas.named import TYPE_CHECKING
from .attached import Attached
from .kernel import Kernel
from .libbpf import BpfMap, BpfProgram, Library
from .refusal import load_refused, open_refused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import TracebackType

    from .target import Target

OBJECT_LIMIT = 64 * 1024 * 1024  # bytes of an object
NAME_LIMIT = 15  # characters of a name in the kernel (BPF_OBJ_NAME_LEN - 1)
RINGBUF, PERF_EVENT_ARRAY = 27, 4  # enum bpf_map_type
LOST_COUNTERS = ("lost_events", "dropped_events")  # globals in which a program counts what its ring had no room for
_TRACEPOINT = 5  # enum bpf_prog_type
_EM_BPF = 247  # ELF e_machine

Setting = tuple[str, int, bytes]  # a data section, an offset in it, the bytes to put there


_LIBRARIES: list[Library] = []  # one at most


def system_library() -> Library:
    """Return the system's libbpf, loaded once. Raises: Unsupported."""
    if not _LIBRARIES:
        _LIBRARIES.append(Library())
    return _LIBRARIES[0]


class LoadedProgram:
    """An object opened from the bytes of its ELF file; use it as a context manager. Raises: BadInput, NotFound.

    `btf_path` is a file of kernel types used for relocation; BTF_FILE_PATH in the environment goes before it.
    """

    def __init__(
        self, elf: bytes, name: str, *, kernel: Kernel | None = None, btf_path: str = "", library: Library | None = None
    ) -> None:
        _check(elf, name)
        self.name = name
        self._elf = elf
        self._kernel = kernel or Kernel()
        self._library = library or system_library()
        self._object = 0
        self._loaded = False
        self._library.log.take()
        try:
            self._object = self._library.open(
                elf, name=kernel_name(name), btf_path=self._kernel.custom_btf() or btf_path
            )
        except OSError as error:
            raise open_refused(error, self._library.log.take(), elf=elf) from error
        self.programs = list(self._library.programs(self._object))
        self._attached = Attached(self._library, self._object, self.programs, name, self.map_named)

    def __enter__(self) -> LoadedProgram:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def set_values(self, settings: Iterable[Setting]) -> None:
        """Overwrite initial values of global variables, before load(). Raises: BadInput."""
        for section, offset, value in settings:
            try:
                data = self._library.data(self._section(section))
            except OSError as error:
                raise BadInput(f"section {section!r} cannot be set", where=self.name) from error
            if offset < 0 or offset + len(value) > data.size:
                raise BadInput(f"{len(value)} bytes at {offset} lie outside of {section}", where=self.name)
            data.write(offset, value)

    def load(self) -> None:
        """Verify and load all programs and make their maps. Raises: Denied, Unsupported, BadInput."""
        self._kernel.require_capabilities()
        if any(program.loads and program.type == _TRACEPOINT for program in self.programs):
            self._kernel.require_tracing()
        self._library.log.take()
        try:
            self._library.done("bpf_object__load", self._object)
        except OSError as error:
            log = self._library.log.take()
            raise load_refused(error, log, self._kernel, self.programs, elf=self._elf) from error
        self._loaded = True

    def check(self, targets: Mapping[str, Target]) -> None:
        """Refuse, before loading, what attach() could not attach. Raises: BadInput, NotFound, Unsupported."""
        self._attached.check(targets)

    def attach(self, targets: Mapping[str, Target] = {}) -> list[BpfProgram]:
        """Attach every program, all or none, and the operations of every struct_ops map. Returns those attached.

        `targets`, by program name, say what sections leave open. A tracepoint of a system call that this machine does
        not have is left out (`left_out`) if another program attaches. Raises: BadInput, NotFound, Unsupported, Denied.
        """
        return self._attached.attach(targets)

    def attach_one(self, name: str, target: Target | None = None) -> None:
        """Attach the program `name` alone. Raises: NotFound, BadInput, Unsupported, Denied."""
        self._attached.attach_one(name, target)

    @property
    def left_out(self) -> list[str]:
        """Sentences about the programs that attach() could do without."""
        return self._attached.left_out

    @property
    def iterators(self) -> list[tuple[str, int]]:
        """The attached iterator programs, and the descriptors of their links."""
        return self._attached.iterators

    def maps(self) -> dict[str, BpfMap]:
        """Return the maps by their full C names; those of data sections have libbpf's names, such as `opensnoo.bss`."""
        return {found.name: found for found in self._library.maps(self._object)}

    def map_named(self, name: str) -> BpfMap:
        """Return the map `name`, which may be cut to 15 characters as the kernel shows it. Raises: NotFound."""
        for found in self.maps().values():
            if name in (found.name, found.name[:NAME_LIMIT]):
                return found
        raise NotFound(f"the object has no map {name!r}", where=self.name)

    def lost_events(self) -> int:
        """Return what the program itself counted as lost, in globals of LOST_COUNTERS; 0 when it counts nothing."""
        total = 0
        for section in (".bss", ".data") if self._loaded else ():
            for name in LOST_COUNTERS:
                place = self._library.variable(self._object, name, section)
                if place and place[1] in (4, 8):
                    live = self._library.value(self._section(section))
                    total += int.from_bytes(live[place[0] : sum(place)], sys.byteorder)
        return total

    def detach(self) -> None:
        """Take every program out of what it was attached to."""
        self._attached.detach()

    def close(self) -> None:
        """Detach and unload everything; a second call does nothing."""
        self.detach()
        opened, self._object = self._object, 0
        if opened:
            self._library.call("bpf_object__close", opened)

    def _section(self, section: str) -> BpfMap:
        wanted = section_map(self.name, section)
        for found in self._library.maps(self._object):
            if found.internal and found.name == wanted:
                return found
        raise BadInput(f"the object has no data section {section!r}", where=self.name)


def kernel_name(name: str) -> str:
    """Make a name as libbpf and the kernel take it: at most 15 of A-Z a-z 0-9 _."""
    return "".join(char if char.isascii() and char.isalnum() else "_" for char in name[:NAME_LIMIT]) or "_"


def section_map(name: str, section: str) -> str:
    """Name the map of a data section as libbpf does (libbpf.c, internal_map_name): `opensnoo.bss`, `.data.mine`."""
    if "." in section[1:]:
        cut = section[:NAME_LIMIT]
    else:
        cut = kernel_name(name)[: NAME_LIMIT - max(7, len(section))] + section
    return "".join(char if char.isascii() and (char.isalnum() or char in "_.") else "_" for char in cut)[:NAME_LIMIT]


def _check(elf: bytes, name: str) -> None:
    if len(elf) > OBJECT_LIMIT:
        raise BadInput(f"the BPF object is larger than {OBJECT_LIMIT} bytes", where=name)
    if elf[:5] != b"\x7fELF\x02" or len(elf) < 64:
        raise BadInput("is not a 64-bit ELF file", where=name)
    order = "little" if elf[5] == 1 else "big"
    if order != sys.byteorder:
        raise BadInput(f"is for {order}-endian processors, and this one is not", where=name)
    if int.from_bytes(elf[18:20], sys.byteorder) != _EM_BPF:
        raise BadInput("is an ELF file, but not a BPF object", where=name)
