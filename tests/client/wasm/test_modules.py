"""What is refused before a guest runs: bytes that are no module, imports that nobody has, absurd wishes."""

from __future__ import annotations

from typing import Any

import pytest
from ebpfhub.client.wasm.grants import Grants
from ebpfhub.schemas.errors import BadInput, HubError, Unsupported
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wasmtime import wat2wasm

EXTENSIVE = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
SMALL = '(module (memory (export "memory") 1) (func (export "_start")))'


def text(source: str) -> bytes:
    return bytes(wat2wasm(source))


@given(data=st.binary(max_size=200), magic=st.booleans())
@EXTENSIVE
def test_random_bytes_are_one_clear_error(run: Any, data: bytes, magic: bool) -> None:
    with pytest.raises((BadInput, Unsupported)):
        run(module=b"\0asm\1\0\0\0\xff" + data if magic else data)


@given(place=st.integers(min_value=0), change=st.integers(min_value=1, max_value=255))
@settings(EXTENSIVE, max_examples=30)
def test_a_changed_byte_harms_nobody(run: Any, place: int, change: int) -> None:
    module = bytearray(text(SMALL))
    module[place % len(module)] ^= change
    try:
        assert run(module=bytes(module)) == 0
    except HubError as error:
        assert isinstance(error, (BadInput, Unsupported))


@given(share=st.floats(min_value=0, max_value=0.999))
@settings(EXTENSIVE, max_examples=10)
def test_a_truncated_module_is_refused(run: Any, guest: bytes, share: float) -> None:
    with pytest.raises(BadInput):
        run("return", module=guest[: int(len(guest) * share)])


@pytest.mark.parametrize("source", [b"(module)", b"\x7fELF", b"", b"\0asm", b"\0asm\2\0\0\0"])
def test_what_is_no_module_is_refused(run: Any, source: bytes) -> None:
    with pytest.raises(BadInput):
        run(module=source)


def test_a_component_is_named_as_such(run: Any) -> None:
    with pytest.raises(Unsupported, match="component"):
        run(module=b"\0asm\x0d\0\1\0")


def test_unknown_imports_are_named(run: Any) -> None:
    wanted = (
        '(module (import "wasm_bpf" "wasm_fly" (func)) (import "host" "memory" (memory 1)) (func (export "_start")))'
    )
    with pytest.raises(Unsupported, match=r"wasm_bpf\.wasm_fly, host\.memory"):
        run(module=text(wanted))


def test_a_thousand_unknown_imports_are_one_short_error(run: Any) -> None:
    imports = "".join(f'(import "host" "{"x" * 500}{number}" (func))' for number in range(1000))
    with pytest.raises(Unsupported, match="992 more") as failed:
        run(module=text(f"(module {imports})"))
    assert len(str(failed.value)) < 2000


def test_an_ewasm_module_is_named_as_such(run: Any) -> None:
    source = '(module (import "env" "create_bpf" (func (param i32 i32) (result i32))) (func (export "bpf_main")))'
    with pytest.raises(Unsupported, match="ewasm"):
        run(module=text(source))


@pytest.mark.parametrize(
    "kind", ["(param f64) (result i32)", "(param i64 i64) (result i32)", "(param i64) (result i32 i32)"]
)
def test_a_function_of_another_type_is_refused(run: Any, kind: str) -> None:
    with pytest.raises(BadInput, match=r"wasm_bpf\.wasm_close_bpf_object"):
        run(module=text(f'(module (import "wasm_bpf" "wasm_close_bpf_object" (func {kind})) (func (export "_start")))'))


@pytest.mark.parametrize(
    "body",
    [
        '(memory (export "memory") 65536) (func (export "_start"))',
        '(memory 1) (memory 1) (func (export "_start"))',
        '(table 100000000 funcref) (func (export "_start"))',
        '(memory 1) (func (export "_start") (param i32))',
        '(memory 1) (func (export "main"))',
        '(func $deep (call $deep)) (func (export "_start") (call $deep))',
        '(memory 1) (data (i32.const 65536) "x") (func (export "_start"))',
        '(func $go unreachable) (start $go) (func (export "_start"))',
        '(memory i64 1) (func (export "_start"))',
    ],
)
def test_absurd_modules_are_one_clear_error(run: Any, body: str) -> None:
    with pytest.raises(BadInput):
        run(module=text(f"(module {body})"), grants=Grants(memory=16 << 20))


def test_an_endless_start_function_is_ended(run: Any) -> None:
    source = '(module (func $go (loop $l (br $l))) (start $go) (func (export "_start")))'
    assert run(module=text(source), timeout=0.3) == 0


def test_a_guest_without_memory_gets_errors(run: Any) -> None:
    source = """(module
        (import "wasm_bpf" "wasm_load_bpf_object" (func $load (param i32 i32) (result i64)))
        (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
        (func (export "_start") (call $exit (i32.wrap_i64 (call $load (i32.const 0) (i32.const 1))))))"""
    assert run(module=text(source)) == 0
