"""Run alone: load a BPF object by libbpf with a file of kernel types (or none), and print what it made of relocations.

Arguments: the object, and the types' file or nothing. libbpf has one printer a process, so this one is its own.
"""

from __future__ import annotations

import ctypes
import re
import sys
from pathlib import Path

from ebpfhub.client.loader.libbpf import _OpenOptions, newest

SAID = re.compile(
    r"relo #\d+: (patched|substituting|no matching|field offset|relocation decision|error|failed|\S+ cand)"
)
# Ids and places among members are those of a file, and so is the path that ended at a candidate that does not match.
OWN = re.compile(r"\[\d+\]|candidate #\d+|\((\d+:)*\d+(?= @)|(?<=non-matching ).*")


def main(path: str, types: str) -> None:
    library, libc = ctypes.CDLL(newest(), use_errno=True), ctypes.CDLL(None)
    printer = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def say(_level: int, form: int, arguments: int) -> int:
        text = ctypes.create_string_buffer(4096)
        libc.vsnprintf(text, ctypes.c_size_t(4096), ctypes.c_void_p(form), ctypes.c_void_p(arguments))
        line = text.value.decode()
        if SAID.search(line):
            print(OWN.sub("", line.strip()))
        return 0

    heard = printer(say)
    library.libbpf_set_print(heard)
    library.bpf_object__open_mem.restype = ctypes.c_void_p
    data = Path(path).read_bytes()
    options = _OpenOptions(object_name=b"x", btf_custom_path=types.encode() or None)
    options.sz = ctypes.sizeof(options)
    opened = library.bpf_object__open_mem(data, ctypes.c_size_t(len(data)), ctypes.byref(options))
    assert opened, ctypes.get_errno()
    library.bpf_object__load(ctypes.c_void_p(opened))


if __name__ == "__main__":
    main(*sys.argv[1:])
