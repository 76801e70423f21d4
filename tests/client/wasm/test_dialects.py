"""Guests of other SDKs than C's: TinyGo has no table, Rust and Go declare 64-bit pointers. Written as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ebpfhub.schemas.errors import BadInput
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wasmtime import wat2wasm

_COMMON = """
  (import "wasm_bpf" "wasm_load_bpf_object" (func $load (param i32 i32) (result i64)))
  (import "wasm_bpf" "wasm_attach_bpf_program" (func $attach (param i64 i32 i32) (result i32)))
  (import "wasm_bpf" "wasm_bpf_map_fd_by_name" (func $map (param i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))"""
_DATA = """
  (memory (export "memory") 4)
  (data (i32.const 16) "{name}\\00")
  (data (i32.const 64) "events\\00table\\00")
  (data (i32.const 80) "\\58\\00\\00\\00\\07\\00\\00\\00trigger")
  (data (i32.const 1024) "{elf}")"""
_BEGIN = """
    (local.set $handle (call $load (i32.const 1024) (i32.const {size})))
    (drop (call $attach (local.get $handle) (i32.const 16) (i32.const 0)))
    (drop (call $write (i32.const 1) (i32.const 80) (i32.const 1) (i32.const 100)))"""
Guest = Callable[[str, str], bytes]


@pytest.fixture
def written(bpf_object: Any, program_name: str) -> Guest:
    """Make a guest of imports and functions, around one that loads, attaches, and causes a burst."""
    elf = bpf_object(program_name)

    def made(imports: str, body: str) -> bytes:
        data = _DATA.format(name=program_name, elf="".join(f"\\{byte:02x}" for byte in elf))
        return bytes(wat2wasm(f"(module {_COMMON} {imports} {data} {body.format(begin=_BEGIN.format(size=len(elf)))})"))

    return made


_POLL_GO = """(import "callback-wrapper" "wasm_bpf_buffer_poll"
    (func $poll (param i64 i32 i32 i32 i32 i32) (result i32)))"""
_START_GO = """(func (export "_start") (local $handle i64) {begin}
    (call $exit (i32.sub
      (call $poll (local.get $handle) (call $map (local.get $handle) (i32.const 64))
        (i32.const 9) (i32.const 200000) (i32.const 4096) (i32.const 1000))
      (i32.const 400))))"""


def test_a_go_guest_is_called_by_name(run: Any, written: Guest) -> None:
    callback = """(func (export "go-callback") (param $context i32) (param $data i32) (param $size i32) (result i32)
      (if (i32.ne (local.get $context) (i32.const 9)) (then unreachable))
      (if (i32.ne (i32.load (local.get $data)) (global.get $seen)) (then unreachable))
      (global.set $seen (i32.add (global.get $seen) (i32.const 1)))
      (i32.const 0))"""
    module = written(_POLL_GO, "(global $seen (mut i32) (i32.const 0))" + callback + _START_GO)
    assert run(module=module) == 100


@pytest.mark.parametrize("export", ["", '(func (export "go-callback"))', '(memory (export "go-callback") 1)'])
def test_a_go_guest_without_callback_is_refused(run: Any, written: Guest, export: str) -> None:
    export = export if "memory" not in export else '(global (export "go-callback") i32 (i32.const 0))'
    with pytest.raises(BadInput, match="go-callback"):
        run(module=written(_POLL_GO, export + _START_GO))


def test_a_guest_that_polls_without_table_is_refused(run: Any, written: Guest) -> None:
    poll = '(import "wasm_bpf" "wasm_bpf_buffer_poll" (func $poll (param i64 i32 i32 i32 i32 i32 i32) (result i32)))'
    start = _START_GO.replace("(i32.const 9)", "(i32.const 1) (i32.const 9)")
    with pytest.raises(BadInput, match="__indirect_function_table"):
        run(module=written(poll, start))


def test_pointers_may_be_declared_with_64_bits(run: Any, written: Guest) -> None:
    operate = """(import "wasm_bpf" "wasm_bpf_map_operate"
      (func $operate (param i32 i32 i64 i64 i64 i64) (result i64)))
      (import "wasm_bpf" "wasm_close_bpf_object" (func $close (param i64)))"""
    start = """(func (export "_start") (local $handle i64) (local $fd i32) {begin}
      (local.set $fd (call $map (local.get $handle) (i32.const 71)))
      (i32.store (i32.const 200000) (i32.const 77))
      (if (i64.ne (i64.const 0) (call $operate (local.get $fd) (i32.const 2) (i64.const 0xffffffff00000050)
            (i64.const 200000) (i64.const 0) (i64.const 0))) (then unreachable))
      (if (i64.ne (i64.const -2) (call $operate (local.get $fd) (i32.const 1) (i64.const 16) (i64.const 200100)
            (i64.const 0) (i64.const 0))) (then unreachable))
      (drop (call $operate (local.get $fd) (i32.const 1) (i64.const 80) (i64.const 200100) (i64.const 0) (i64.const 0)))
      (call $close (local.get $handle))
      (call $exit (i32.load (i32.const 200100))))"""
    assert run(module=written(operate, start)) == 77


_FUNCTIONS = {
    "wasm_load_bpf_object": (("i32", "i32"), "i64"),
    "wasm_attach_bpf_program": (("i64", "i32", "i32"), "i32"),
    "wasm_bpf_map_fd_by_name": (("i64", "i32"), "i32"),
    "wasm_bpf_map_operate": (("i32", "i32", "i32", "i32", "i32", "i64"), "i32"),
    "wasm_bpf_buffer_poll": (("i64", "i32", "i32", "i32", "i32", "i32", "i32"), "i32"),
    "wasm_close_bpf_object": (("i64",), "i32"),
}
_WORDS = st.one_of(
    st.sampled_from([0, 1, 2, 3, 4, 16, 64, 71, 1024, 262143, 262144, -1, -4096, 2**31 - 1, -(2**31)]),
    st.integers(min_value=5, max_value=40),
)
_CALLS = st.lists(
    st.sampled_from(sorted(_FUNCTIONS)).flatmap(
        lambda name: st.tuples(st.just(name), st.tuples(*[_WORDS for _ in _FUNCTIONS[name][0]]))
    ),
    max_size=30,
)


@given(calls=_CALLS)
@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_call_whatsoever_harms_the_host(
    run: Any, written: Guest, kernel: Any, program_name: str, calls: Any
) -> None:
    imports = "".join(
        f'(import "wasm_bpf" "{name}" (func ${name} (param {" ".join(takes)}) (result {gives})))'
        for name, (takes, gives) in _FUNCTIONS.items()
    )
    body = ""
    for name, words in calls:
        put = (*words[:-1], 0) if name == "wasm_bpf_buffer_poll" else words  # nobody waits
        given_ = " ".join(f"({kind}.const {word})" for kind, word in zip(_FUNCTIONS[name][0], put, strict=True))
        body += f"(drop (call ${name} {given_}))"
    table = '(table (export "__indirect_function_table") 4 funcref) (elem (i32.const 1) $callback)'
    callback = "(func $callback (param i32 i32 i32) (result i32) (i32.const 0))"
    start = f'(func (export "_start") (local $handle i64) {{begin}} {body})'
    module = written(imports, f"{table} {callback} {start}")
    try:
        assert run(module=module) == 0
    except BadInput as error:
        assert "crashed" in str(error)
    assert kernel.forgot(program_name)
