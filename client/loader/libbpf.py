"""The ctypes binding of the system's libbpf, 1.0 or newer: calls, errors and log.

It wraps calls one by one; what a run is, and what an error means to people, is said in program.py and refusal.py.
Failures leave as OSError with the positive errno (libbpf's own codes start at 4000).
"""

from __future__ import annotations

import ctypes
import os

from ...schemas.errors import Unsupported
from ...schemas.named import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

SONAME = "libbpf.so.1"
LOG_LIMIT = 64 * 1024  # characters kept of libbpf's log, newest last
_PLACES = (  # the distribution's folders, and where `make install` puts a newer one, often off the linker's path
    f"/usr/lib/{os.uname().machine}-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
    "/usr/local/lib64",
    "/usr/local/lib",
)
_BTF_VAR, _BTF_DATASEC = 14, 15
_LEVEL_DEBUG = 2

_P, _INT, _U32, _SIZE, _TEXT = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint32, ctypes.c_size_t, ctypes.c_char_p
_PRINT = ctypes.CFUNCTYPE(_INT, _INT, _P, _P)
RING_SAMPLE = ctypes.CFUNCTYPE(_INT, _P, _P, _SIZE)
PERF_SAMPLE = ctypes.CFUNCTYPE(None, _P, _INT, _P, _U32)
PERF_LOST = ctypes.CFUNCTYPE(None, _P, _INT, ctypes.c_uint64)
_SIGNATURES: dict[str, tuple[Any, tuple[Any, ...]]] = {
    "libbpf_major_version": (_U32, ()),
    "libbpf_minor_version": (_U32, ()),
    "libbpf_set_print": (_P, (_PRINT,)),
    "bpf_object__open_mem": (_P, (_P, _SIZE, _P)),
    "bpf_object__load": (_INT, (_P,)),
    "bpf_object__close": (None, (_P,)),
    "bpf_object__next_program": (_P, (_P, _P)),
    "bpf_object__next_map": (_P, (_P, _P)),
    "bpf_object__btf": (_P, (_P,)),
    "bpf_program__name": (_TEXT, (_P,)),
    "bpf_program__section_name": (_TEXT, (_P,)),
    "bpf_program__type": (_INT, (_P,)),
    "bpf_program__autoload": (ctypes.c_bool, (_P,)),
    "bpf_program__autoattach": (ctypes.c_bool, (_P,)),
    "bpf_program__attach": (_P, (_P,)),
    "bpf_program__fd": (_INT, (_P,)),
    "bpf_program__set_type": (_INT, (_P, _INT)),
    "bpf_program__set_autoload": (_INT, (_P, ctypes.c_bool)),
    "bpf_program__expected_attach_type": (_INT, (_P,)),
    "bpf_program__attach_tracepoint": (_P, (_P, _TEXT, _TEXT)),
    "bpf_program__attach_raw_tracepoint": (_P, (_P, _TEXT)),
    "bpf_program__attach_kprobe_opts": (_P, (_P, _TEXT, _P)),
    "bpf_program__attach_kprobe_multi_opts": (_P, (_P, _TEXT, _P)),
    "bpf_program__attach_ksyscall": (_P, (_P, _TEXT, _P)),
    "bpf_program__attach_uprobe_opts": (_P, (_P, _INT, _TEXT, _SIZE, _P)),
    "bpf_program__attach_usdt": (_P, (_P, _INT, _TEXT, _TEXT, _TEXT, _P)),
    "bpf_program__attach_perf_event": (_P, (_P, _INT)),
    "bpf_program__attach_cgroup": (_P, (_P, _INT)),
    "bpf_program__attach_netns": (_P, (_P, _INT)),
    "bpf_program__attach_iter": (_P, (_P, _P)),
    "bpf_map__attach_struct_ops": (_P, (_P,)),
    "bpf_link__destroy": (_INT, (_P,)),
    "bpf_link__fd": (_INT, (_P,)),
    "bpf_link_create": (_INT, (_INT, _INT, _INT, _P)),
    "bpf_iter_create": (_INT, (_INT,)),
    "bpf_tc_hook_create": (_INT, (_P,)),
    "bpf_tc_hook_destroy": (_INT, (_P,)),
    "bpf_tc_attach": (_INT, (_P, _P)),
    "bpf_tc_detach": (_INT, (_P, _P)),
    "bpf_obj_get_info_by_fd": (_INT, (_INT, _P, _P)),
    "bpf_map_lookup_elem": (_INT, (_INT, _P, _P)),
    "bpf_map_update_elem": (_INT, (_INT, _P, _P, ctypes.c_uint64)),
    "bpf_map_delete_elem": (_INT, (_INT, _P)),
    "bpf_map_get_next_key": (_INT, (_INT, _P, _P)),
    "bpf_map_lookup_batch": (_INT, (_INT, _P, _P, _P, _P, _P, _P)),
    "bpf_map_lookup_and_delete_batch": (_INT, (_INT, _P, _P, _P, _P, _P, _P)),
    "libbpf_num_possible_cpus": (_INT, ()),
    "libbpf_probe_bpf_prog_type": (_INT, (_INT, _P)),
    "libbpf_probe_bpf_map_type": (_INT, (_INT, _P)),
    "libbpf_probe_bpf_helper": (_INT, (_INT, _INT, _P)),
    "bpf_map__name": (_TEXT, (_P,)),
    "bpf_map__type": (_INT, (_P,)),
    "bpf_map__fd": (_INT, (_P,)),
    "bpf_map__max_entries": (_U32, (_P,)),
    "bpf_map__is_internal": (ctypes.c_bool, (_P,)),
    "bpf_map__initial_value": (_P, (_P, _P)),
    "bpf_map__value_size": (_U32, (_P,)),
    "bpf_map__lookup_elem": (_INT, (_P, _P, _SIZE, _P, _SIZE, ctypes.c_uint64)),
    "btf__find_by_name_kind": (_INT, (_P, _TEXT, _U32)),
    "btf__type_by_id": (_P, (_P, _U32)),
    "ring_buffer__new": (_P, (_INT, RING_SAMPLE, _P, _P)),
    "ring_buffer__epoll_fd": (_INT, (_P,)),
    "ring_buffer__consume": (_INT, (_P,)),
    "ring_buffer__free": (None, (_P,)),
    "perf_buffer__new": (_P, (_INT, _SIZE, PERF_SAMPLE, PERF_LOST, _P, _P)),
    "perf_buffer__epoll_fd": (_INT, (_P,)),
    "perf_buffer__consume": (_INT, (_P,)),
    "perf_buffer__free": (None, (_P,)),
}
_HEARD: list[tuple[Log, Any]] = []  # libbpf keeps the callback for the life of the process: it is never freed


class _OpenOptions(ctypes.Structure):
    """`struct bpf_object_open_opts` of libbpf 1.0; newer ones only add fields after these."""

    _fields_ = (
        ("sz", _SIZE),
        ("object_name", _TEXT),
        ("relaxed_maps", ctypes.c_bool),
        ("pin_root_path", _TEXT),
        ("removed_attach_prog_fd", _U32),
        ("kconfig", _TEXT),
        ("btf_custom_path", _TEXT),
        ("kernel_log_buf", _P),
        ("kernel_log_size", _SIZE),
        ("kernel_log_level", _U32),
    )


class BpfProgram(NamedTuple):
    """A program in an opened object; `pointer` is valid until the object is closed."""

    pointer: int
    name: str
    section: str
    type: int
    loads: bool
    attaches: bool


class BpfMap(NamedTuple):
    """A map in an opened object; `fd` is negative before the object is loaded."""

    pointer: int
    name: str
    type: int
    fd: int
    max_entries: int
    internal: bool


class Log:
    """What libbpf said since it was last asked: warnings and infos, the newest LOG_LIMIT characters."""

    def __init__(self) -> None:
        self._text = ""
        self._libc = ctypes.CDLL(None)
        self._libc.vasprintf.argtypes = (ctypes.POINTER(_P), _P, _P)
        self._libc.free.argtypes = (_P,)

    def take(self) -> str:
        """Return the text and forget it."""
        text, self._text = self._text, ""
        return text

    def hear(self, level: int, form: int, arguments: int) -> int:
        """Format one message: libbpf's print callback (libbpf.h, `libbpf_print_fn_t`)."""
        if level >= _LEVEL_DEBUG:
            return 0
        made = ctypes.c_void_p()
        size: int = self._libc.vasprintf(ctypes.byref(made), form, arguments)
        if size < 0 or made.value is None:
            return 0
        kept = min(size, LOG_LIMIT)
        said = ctypes.string_at(made.value + size - kept, kept).decode("utf-8", "backslashreplace")
        self._libc.free(made)
        self._text = (self._text + said)[-LOG_LIMIT:]
        return size


class Library:
    """One loaded libbpf. Raises (constructor): Unsupported when there is none, or only one older than 1.0."""

    def __init__(self, path: str = "") -> None:
        self._calls: dict[str, Any] = {}
        try:
            self._dll = ctypes.CDLL(path or newest(), use_errno=True)
            self.version = (self.call("libbpf_major_version"), self.call("libbpf_minor_version"))
        except (OSError, AttributeError) as error:
            raise _too_old(f"libbpf cannot be used: {error}") from error
        if self.version < (1, 0):
            raise _too_old(f"libbpf is too old: {self.version[0]}.{self.version[1]}")
        # libbpf has one printer for a process: all that load it here share what it says
        if not _HEARD:
            log = Log()
            _HEARD.append((log, _PRINT(log.hear)))
        self.log, callback = _HEARD[0]
        self.call("libbpf_set_print", callback)

    def call(self, name: str, *arguments: Any) -> Any:
        """Call libbpf's function `name`."""
        function = self._calls.get(name)
        if function is None:
            function = getattr(self._dll, name)
            function.restype, function.argtypes = _SIGNATURES[name]
            self._calls[name] = function
        result: Any = function(*arguments)
        return result

    def made(self, name: str, *arguments: Any) -> int:
        """Call a function that returns a new object. Raises: OSError when it returns NULL."""
        pointer = self.call(name, *arguments)
        if not pointer:
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code))
        return int(pointer)

    def done(self, name: str, *arguments: Any) -> int:
        """Call a function that returns a negative errno. Raises: OSError."""
        code = int(self.call(name, *arguments))
        if code < 0:
            raise OSError(-code, os.strerror(-code))
        return code

    @staticmethod
    def buffer(size: int) -> Any:
        """Make `size` bytes of memory to hand to a call; its `raw` are the bytes."""
        return ctypes.create_string_buffer(size)

    @staticmethod
    def text(value: str) -> Any:
        """Make memory that holds a text as C has it."""
        return ctypes.create_string_buffer(value.encode())

    @staticmethod
    def address(memory: Any) -> int:
        """Tell where memory of buffer() or text() lies; the caller keeps it alive."""
        return ctypes.addressof(memory)

    def open(self, elf: bytes, *, name: str, btf_path: str = "", log: Any = None, level: int = 0) -> int:
        """Open an object from memory; `btf_path` replaces the kernel's types for relocation. Raises: OSError.

        `log`, of buffer(), gets what the verifier says of a program that it rejects, in place of libbpf's own log;
        `level` is the kernel's log level for all programs, 0 for 1 where one is rejected.
        """
        options = _OpenOptions(object_name=name.encode(), btf_custom_path=os.fsencode(btf_path) or None)
        if log is not None:
            options.kernel_log_buf, options.kernel_log_size = ctypes.addressof(log), len(log)
            options.kernel_log_level = level
        options.sz = ctypes.sizeof(options)
        return self.made("bpf_object__open_mem", elf, len(elf), ctypes.addressof(options))

    def programs(self, bpf_object: int) -> Iterator[BpfProgram]:
        """List the programs of an object, in the order of its file."""
        pointer = self.call("bpf_object__next_program", bpf_object, None)
        while pointer:
            yield BpfProgram(
                pointer,
                _text(self.call("bpf_program__name", pointer)),
                _text(self.call("bpf_program__section_name", pointer)),
                self.call("bpf_program__type", pointer),
                self.call("bpf_program__autoload", pointer),
                self.call("bpf_program__autoattach", pointer),
            )
            pointer = self.call("bpf_object__next_program", bpf_object, pointer)

    def maps(self, bpf_object: int) -> Iterator[BpfMap]:
        """List the maps of an object: those declared, and those that hold its data sections."""
        pointer = self.call("bpf_object__next_map", bpf_object, None)
        while pointer:
            yield BpfMap(
                pointer,
                _text(self.call("bpf_map__name", pointer)),
                self.call("bpf_map__type", pointer),
                self.call("bpf_map__fd", pointer),
                self.call("bpf_map__max_entries", pointer),
                self.call("bpf_map__is_internal", pointer),
            )
            pointer = self.call("bpf_object__next_map", bpf_object, pointer)

    def data(self, bpf_map: BpfMap) -> Data:
        """Reach the initial value of a data section, before the object is loaded. Raises: OSError."""
        size = ctypes.c_size_t()
        return Data(self.made("bpf_map__initial_value", bpf_map.pointer, ctypes.addressof(size)), size.value)

    def value(self, bpf_map: BpfMap) -> bytes:
        """Copy the live value of a loaded data section out of the kernel. Raises: OSError."""
        size = self.call("bpf_map__value_size", bpf_map.pointer)
        key, value = ctypes.c_uint32(0), ctypes.create_string_buffer(size)
        self.done("bpf_map__lookup_elem", bpf_map.pointer, ctypes.addressof(key), 4, ctypes.addressof(value), size, 0)
        return value.raw

    def variable(self, bpf_object: int, name: str, section: str) -> tuple[int, int] | None:
        """Find a global variable's offset and size in bytes in `section`; None when it is not there."""
        btf = self.call("bpf_object__btf", bpf_object)
        wanted = self.call("btf__find_by_name_kind", btf, name.encode(), _BTF_VAR) if btf else -1
        found = self.call("btf__find_by_name_kind", btf, section.encode(), _BTF_DATASEC) if btf else -1
        if wanted < 0 or found < 0:
            return None
        address = self.call("btf__type_by_id", btf, found)
        count = ctypes.cast(address, ctypes.POINTER(_U32))[1] & 0xFFFF
        entries = ctypes.cast(address + 12, ctypes.POINTER(_U32))  # struct btf_var_secinfo: type, offset, size
        for entry in range(0, 3 * count, 3):
            if entries[entry] == wanted:
                return entries[entry + 1], entries[entry + 2]
        return None


class Data(NamedTuple):
    """`size` bytes of memory that libbpf owns until the object is closed; the caller keeps inside them."""

    address: int
    size: int

    def write(self, offset: int, value: bytes) -> None:
        """Put `value` at `offset`."""
        ctypes.memmove(self.address + offset, value, len(value))


def newest(places: tuple[str, ...] = _PLACES) -> str:
    """Name the file of the newest libbpf in `places`; SONAME, for the linker to find, when none has it."""
    best: tuple[int, ...] = ()
    chosen = SONAME
    for place in places:
        path = f"{place}/{SONAME}"
        if os.access(path, os.R_OK):
            version = _version_in(os.path.realpath(path))
            if version > best:
                best, chosen = version, path
    return chosen


def _version_in(path: str) -> tuple[int, ...]:
    parts = path.rpartition(".so.")[2].split(".")
    return tuple(int(part) for part in parts) if all(part.isdecimal() for part in parts) else (1,)


def _text(value: bytes | None) -> str:
    return (value or b"").decode("utf-8", "backslashreplace")


def _too_old(what: str) -> Unsupported:
    return Unsupported(what, needs="libbpf 1.0", todo="install libbpf 1.0 or newer, for example: apt install libbpf1")
