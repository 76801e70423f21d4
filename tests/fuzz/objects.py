"""Targets that read machine code: ELF and BPF objects, BTF, and Wasm modules with the objects in them."""

from __future__ import annotations

import re
import struct
from pathlib import Path

from ebpfhub.client.wasm.compiled import compiled
from ebpfhub.schemas.bpf_object import BpfObject
from ebpfhub.schemas.btf import Btf, Kind
from ebpfhub.schemas.btf_lines import read_lines
from ebpfhub.schemas.btf_types import c_type, size_of
from ebpfhub.schemas.c_type import CType
from ebpfhub.schemas.elf import ElfObject
from ebpfhub.schemas.errors import BadInput, Unsupported
from ebpfhub.schemas.fields import Fields
from ebpfhub.schemas.permissions import permissions_digest, permissions_of, permissions_of_package
from ebpfhub.schemas.wasm import check_module

from .target import Target

MOST_TYPES = 64  # of one input that are made into trees
_NOT_A_FOLDER = Path("/dev/null/compiled")  # so that nothing is kept of modules


def _elf(data: bytes) -> None:
    elf = ElfObject.parse(data)
    for section in elf.sections[:MOST_TYPES]:
        elf.symbols_in(section)
        elf.relocations(section)


def _object(data: bytes) -> None:
    facts = BpfObject.parse(data)
    for item in facts.btf.types[:MOST_TYPES]:
        if item.kind == Kind.STRUCT:
            _travels(facts.struct(item.name))
    for section in facts.sections:
        for variable in section.variables:
            assert variable.offset + variable.size <= len(section.image)
            _travels(variable.type)
    for held in facts.maps:
        _travels(held.key)
        _travels(held.value)


def _travels(made: CType | None) -> None:
    """A type that was made of an object must be one that a package's config can hold."""
    if made is not None:
        assert CType.read(Fields(made.to_json(), "type")) == made


def _permissions(data: bytes) -> None:
    made = permissions_of(data)
    permissions_digest(made)
    assert made.covers(made)
    "\n".join(made.lines()).encode()
    made.to_json()


def _btf(data: bytes) -> None:
    """Types, and the relocations that refer to them: the first four bytes are the size of the types."""
    (size,) = struct.unpack("<I", data[:4].ljust(4, b"\0"))
    btf = Btf.parse(data[4 : 4 + size])
    for number in range(min(len(btf.types), MOST_TYPES)):
        try:
            size_of(btf, number)
            c_type(btf, number)
        except BadInput:
            continue  # void, functions, bit fields, …
    btf.core_relocations(data[4 + size :])


def _lines(data: bytes) -> None:
    """The first four bytes are the size of the BTF whose strings the lines are of."""
    (size,) = struct.unpack("<I", data[:4].ljust(4, b"\0"))
    lines = read_lines(data[4 + size :], Btf.parse(data[4 : 4 + size]).strings)
    for name, rows in lines.sections.items():
        assert lines.at(name, 1 << 32) == (rows[-1][1] if rows else None)
        for _, item in rows[:MOST_TYPES]:
            assert lines.named(item.file.rpartition("/")[2], item.line)


def _wasm(data: bytes) -> None:
    check_module(data)
    compiled(data, _NOT_A_FOLDER, where="module")


def _wasm_objects(data: bytes) -> None:
    permissions_of_package(data)


def _object_seeds() -> list[bytes]:
    from .built import objects

    return objects()


def _btf_seeds() -> list[bytes]:
    from .built import objects, section

    pairs = [(section(item, ".BTF"), section(item, ".BTF.ext")) for item in objects()]
    return [struct.pack("<I", len(types)) + types + ext for types, ext in pairs]


def _wasm_seeds() -> list[bytes]:
    """A small module of every kind of section, and two that carry a BPF object as guests do: in one piece, in several."""
    from wasmtime import wat2wasm

    from .built import built

    rich = """(module
        (type $callback (func (param i32 i32 i32) (result i32)))
        (import "wasm_bpf" "wasm_load_bpf_object" (func $load (param i32 i32) (result i64)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (memory (export "memory") 1 16) (table (export "table") 2 funcref) (global $turns (mut i32) (i32.const 3))
        (elem (i32.const 0) $event) (data (i32.const 8) "hello\\00")
        (func $event (type $callback) (i32.add (local.get 0) (i32.load (i32.const 8))))
        (func (export "_start") (local i64)
            (local.set 0 (call $load (i32.const 8) (i32.const 6)))
            (block $out (loop $again
                (br_if $out (i32.eqz (global.get $turns)))
                (global.set $turns (i32.sub (global.get $turns) (i32.const 1))) (br $again)))
            (call_indirect (type $callback) (i32.const 1) (i32.const 2) (i32.const 3) (i32.const 0)) (call $exit)))"""
    held = built()[2].object
    whole = [(0, held)]
    pieces = [(found.start(), found[0]) for found in re.finditer(rb"(?s).+?(?=\0{8}|\Z)", held)]
    guests = [
        f'(module (memory (export "memory") 1) {_data(parts)} (func (export "_start")))' for parts in (whole, pieces)
    ]
    return [bytes(wat2wasm(text)) for text in (rich, *guests)]


def _data(parts: list[tuple[int, bytes]]) -> str:
    escaped = [(at, "".join(f"\\{byte:02x}" for byte in part)) for at, part in parts]
    return " ".join(f'(data (i32.const {64 + at}) "{text}")' for at, text in escaped)


OBJECTS: dict[str, Target] = {
    "elf": Target(_elf, _object_seeds),
    "bpf-object": Target(_object, _object_seeds),
    "permissions": Target(_permissions, _object_seeds),
    "btf": Target(_btf, _btf_seeds),
    "btf-lines": Target(_lines, _btf_seeds),
    "wasm": Target(_wasm, _wasm_seeds, (BadInput, Unsupported), memory=1024),
    "wasm-objects": Target(_wasm_objects, _wasm_seeds),
}
