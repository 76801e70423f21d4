"""What a Wasm module says of itself without being run: what it is, and the BPF objects that lie in its data.

Its code is client/wasm's matter. Guests of wasm-bpf carry their BPF object as a constant and hand it to the host.
"""

from __future__ import annotations

import struct

from .errors import BadInput

MAGIC = b"\0asm\x01\0\0\0"
MAX_OBJECTS = 16  # in one module
_ELF64 = b"\x7fELF\x02\x01\x01"
_HEADER = struct.Struct("<16xHHIQQQIHHHHHH")  # struct Elf64_Ehdr after e_ident (elf(5))
_EM_BPF = 247


def check_module(module: bytes, *, where: str = "Wasm module") -> None:
    """Refuse what is no WebAssembly core module of version 1. Raises: BadInput."""
    if not module.startswith(MAGIC):
        raise BadInput("is not a WebAssembly module of version 1", where=where)


def bpf_objects_in(module: bytes, *, where: str = "Wasm module") -> tuple[bytes, ...]:
    """Cut out the BPF objects in a module, each once, in order. Raises: BadInput when there are too many.

    An object ends with its section headers, as compilers and linkers write it.
    """
    found: dict[bytes, None] = {}
    at = module.find(_ELF64)
    while at >= 0:
        size = _object_size(module, at)
        if size:
            found[module[at : at + size]] = None
            if len(found) > MAX_OBJECTS:
                raise BadInput(f"holds more than {MAX_OBJECTS} BPF objects", where=where)
        at = module.find(_ELF64, at + max(size, 1))
    return tuple(found)


def _object_size(module: bytes, at: int) -> int:
    """Bytes of the object at `at`; 0 where none is."""
    if at + 64 > len(module):
        return 0
    _, machine, _, _, _, sections, _, _, _, _, entry_size, count, _ = _HEADER.unpack_from(module, at)
    size: int = sections + entry_size * count
    return size if machine == _EM_BPF and 64 <= size <= len(module) - at else 0
