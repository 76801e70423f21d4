"""What a module imports, given to it: WASI, and the host's functions with just the types that the module declares.

The guest SDKs declare the same function with different integer types; whatever is an integer fits, and is cut to what
the interface means. All else that a module imports is refused by name, before it runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from wasmtime import Caller, FuncType, ImportType, Linker, Module, Store, WasmtimeError

from ...schemas.errors import BadInput, Unsupported
from .host import Host

BPF, GO, WASI = "wasm_bpf", "callback-wrapper", "wasi_snapshot_preview1"
_LEGACY = ("create_bpf", "run_bpf", "wait_and_poll_bpf")  # of `env`: eunomia-bpf's ewasm, before wasm-bpf
_INTEGERS = {"i32": 32, "i64": 64}
_SHOWN = 8  # unknown imports that an error names
_TEXT_LIMIT = 100  # characters of a name that an error shows

Call = Callable[..., int]


class _Function(NamedTuple):
    """`takes`: a letter for each parameter: h a handle, p a pointer or size, i a signed number, f 64 bits of flags."""

    call: Call
    takes: str


_CUTS: dict[str, tuple[int, bool]] = {"h": (64, False), "p": (32, False), "i": (32, True), "f": (64, False)}


def link(module: Module, linker: Linker, store: Store, host: Host, *, where: str) -> None:
    """Define all that the module imports. Raises: Unsupported, BadInput."""
    linker.define_wasi()
    linker.allow_shadowing = True  # of proc_exit
    functions = _functions(host)
    unknown: list[str] = []
    for wanted in module.imports:
        name = (wanted.module, wanted.name or "")
        function = functions.get(name)
        if function is not None:
            linker.define_func(*name, *_fitted(wanted, function, where), access_caller=True)
        elif not _has(linker, store, *name):
            unknown.append(".".join(name)[:_TEXT_LIMIT])
    _refuse(unknown, where)


def _functions(host: Host) -> dict[tuple[str, str], _Function]:
    return {
        (BPF, "wasm_load_bpf_object"): _Function(host.load, "pp"),
        (BPF, "wasm_close_bpf_object"): _Function(host.close, "h"),
        (BPF, "wasm_attach_bpf_program"): _Function(host.attach, "hpp"),
        (BPF, "wasm_bpf_map_fd_by_name"): _Function(host.map_number, "hp"),
        (BPF, "wasm_bpf_map_operate"): _Function(host.operate, "iipppf"),
        (BPF, "wasm_bpf_buffer_poll"): _Function(host.poll, "hippppi"),
        (GO, "wasm_bpf_buffer_poll"): _Function(host.poll_go, "hipppi"),
        (WASI, "proc_exit"): _Function(host.exit, "i"),
    }


def _fitted(wanted: ImportType, function: _Function, where: str) -> tuple[FuncType, Callable[..., int | None]]:
    """Make a function of the type that the module declares. Raises: BadInput when that cannot be meant."""
    kind = wanted.type
    words = [str(word) for word in [*kind.params, *kind.results]] if isinstance(kind, FuncType) else [""]
    if (
        not isinstance(kind, FuncType)
        or len(kind.params) != len(function.takes)
        or len(kind.results) > 1
        or not set(words) <= set(_INTEGERS)
    ):
        raise BadInput(f"imports {wanted.module}.{wanted.name} with another type than the interface's", where=where)
    cuts = [_CUTS[letter] for letter in function.takes]
    answers = _INTEGERS[str(kind.results[0])] if kind.results else 0

    def call(caller: Caller, *given: int) -> int | None:
        answer = function.call(caller, *[_cut(word, *cut) for word, cut in zip(given, cuts, strict=True)])
        return _cut(answer, answers, True) if answers else None

    return kind, call


def _cut(word: int, bits: int, signed: bool) -> int:
    word &= (1 << bits) - 1
    return word - (1 << bits) if signed and word >> (bits - 1) else word


def _has(linker: Linker, store: Store, module: str, name: str) -> Any:
    try:
        return linker.get(store, module, name)
    except WasmtimeError:
        return None


def _refuse(unknown: list[str], where: str) -> None:
    if not unknown:
        return
    if any(name == f"env.{legacy}" for name in unknown for legacy in _LEGACY):
        raise Unsupported(
            "is an ewasm module, as eunomia-bpf made them before wasm-bpf",
            where=where,
            needs="a module for wasm-bpf",
            todo="build it anew with eunomia-bpf's current tools, or run its package.json",
        )
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    raise Unsupported(
        f"imports what no host of wasm-bpf and WASI preview 1 has: {', '.join(unknown[:_SHOWN])}{more}",
        where=where,
        needs="a module that imports wasm_bpf and wasi_snapshot_preview1 only",
    )
