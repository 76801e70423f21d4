"""What a Wasm module says of itself without being run: what it is, and the BPF objects that lie in its data.

Its code is client/wasm's matter. Guests of wasm-bpf carry their BPF object as a constant and hand it to the host.
"""

from __future__ import annotations

import struct

from .errors import BadInput
from .wasm_data import MemoryData

MAGIC = b"\0asm\x01\0\0\0"
MAX_OBJECTS = 16  # in one module
MAX_OBJECT_BYTES = 16 * 1024 * 1024  # of each
MAX_TOTAL_BYTES = 32 * 1024 * 1024  # of all, with the zeros that the module leaves out
_ELF64 = b"\x7fELF\x02\x01\x01"
_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")  # struct Elf64_Ehdr after e_ident (elf(5))
_EM_BPF = 247


def check_module(module: bytes, *, where: str = "Wasm module") -> None:
    """Refuse what is no WebAssembly core module of version 1. Raises: BadInput."""
    if not module.startswith(MAGIC):
        raise BadInput("is not a WebAssembly module of version 1", where=where)


def objects_of_package(module: bytes | None, *own: bytes | None) -> tuple[bytes, ...]:
    """Return a package's BPF objects, each once: its own, then those in its Wasm module. Raises: BadInput."""
    inside = bpf_objects_in(module) if module is not None else ()
    return tuple(dict.fromkeys((*(item for item in own if item is not None), *inside)))


def bpf_objects_in(module: bytes, *, where: str = "Wasm module") -> tuple[bytes, ...]:
    """Cut out the BPF objects in a module, each once, in order. Raises: BadInput when there are too many.

    An object ends with its section headers, as compilers and linkers write it. One in the module's data is cut out of
    the memory that the data makes, for linkers may leave out the zeros in it.
    """
    found: dict[bytes, None] = {}
    at, total = module.find(_ELF64), 0
    data = MemoryData.of(module) if at >= 0 else None
    while data and at >= 0:
        size = _object_size(data.read(module, at, _HEADER.size))
        made = data.read(module, at, size) if size <= MAX_OBJECT_BYTES else b""
        if size and len(made) == size:
            found[made] = None
            total += size
            if len(found) > MAX_OBJECTS or total > MAX_TOTAL_BYTES:
                raise BadInput(
                    f"holds more than {MAX_OBJECTS} BPF objects, or more than {MAX_TOTAL_BYTES} bytes of them",
                    where=where,
                )
            at = max(data.after(at, size), at + 1)
        else:
            at += 1
        at = module.find(_ELF64, at)
    return tuple(found)


def _object_size(header: bytes) -> int:
    """Bytes of the object with this header; 0 where it is none of BPF's."""
    if len(header) < _HEADER.size:
        return 0
    _, machine, _, _, _, sections, _, _, _, _, entry_size, count, _ = _HEADER.unpack(header)
    size: int = sections + entry_size * count
    return size if machine == _EM_BPF and size >= _HEADER.size else 0
