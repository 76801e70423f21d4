"""Compiled modules, kept on disk: a guest's second start costs a read instead of a compilation.

Only code that this machine compiled for this user is ever loaded: never what another user could have written, what was
damaged, or what belongs to another module, another machine or (wasmtime itself looks for that) another wasmtime or
processor; all of that is compiled anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

from wasmtime import Config, Engine, Module, WasmtimeError, wat2wasm

from ...schemas.errors import BadInput, Unsupported

MODULE_LIMIT = 32 * 1024 * 1024  # bytes of a module
ENTRIES = 64  # compiled modules that are kept
ENTRY_LIMIT = 16 * MODULE_LIMIT  # bytes of a compiled one
_MAGIC = b"\0asm"
_MODULE, _COMPONENT = b"\x01\0\0\0", b"\x0d\0\x01\0"
_SETTINGS = "1"  # changes when engine() does


@cache
def engine() -> Engine:
    """Return the engine of this process: guests can be interrupted, and have 32-bit memories without threads."""
    config = Config()
    config.epoch_interruption = True
    config.wasm_threads = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = True  # for callbacks.py
    return Engine(config)


def compiled(module: bytes, folder: Path, *, where: str) -> Module:
    """Compile a module, or load what was compiled before. A folder that cannot be used is no error.

    Raises: BadInput, Unsupported (a component).
    """
    _check(module, where)
    key = hashlib.sha256(f"{_SETTINGS} {os.uname().machine} ".encode() + hashlib.sha256(module).digest()).hexdigest()
    with suppress(OSError, WasmtimeError):
        kept = _kept(folder, key)
        if kept:
            return Module.deserialize(engine(), kept)
    try:
        made = Module(engine(), module)
        code = bytes(made.serialize())
    except WasmtimeError as error:
        raise BadInput(f"the Wasm module cannot be compiled: {reason(error)}", where=where) from error
    with suppress(OSError):
        _keep(folder, key, code)
    return made


def compiled_text(text: str, folder: Path) -> Module:
    """Compile a module of our own, written as text."""
    return compiled(bytes(wat2wasm(text)), folder, where="trampoline")


def reason(error: Exception) -> str:
    """Say shortly what wasmtime said: the last of its causes, without its backtrace."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    last = lines[-1] if "Caused by:" in lines else lines[0] if lines else "no reason given"
    return re.sub(r"^\d+: ", "", last).removeprefix("wasm trap: ")[:300]


def _check(module: bytes, where: str) -> None:
    if len(module) > MODULE_LIMIT:
        raise BadInput(f"the Wasm module is larger than {MODULE_LIMIT} bytes", where=where)
    if module[:4] != _MAGIC:
        raise BadInput("is not a Wasm module", where=where)
    if module[4:8] == _COMPONENT:
        raise Unsupported("is a Wasm component", where=where, needs="a core module that imports wasm_bpf")
    if module[4:8] != _MODULE:
        raise BadInput("is a Wasm module of an unknown version", where=where)


def _kept(folder: Path, key: str) -> bytes:
    """Return the compiled code, or nothing. It stands behind a digest of it and its key. Raises: OSError."""
    if not _own(os.lstat(folder), directory=True):
        return b""
    descriptor = os.open(folder / key, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not _own(facts, directory=False) or facts.st_size > ENTRY_LIMIT:
            return b""
        digest, code = file.read(32), file.read()
    return code if digest == _digest(key, code) else b""


def _keep(folder: Path, key: str, code: bytes) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not _own(os.lstat(folder), directory=True):
        return
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(_digest(key, code) + code)
            file.flush()
            os.fsync(descriptor)
        Path(temporary).rename(folder / key)
        _prune(folder)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _prune(folder: Path) -> None:
    """Delete the oldest entries above ENTRIES."""
    entries = sorted((os.lstat(path).st_mtime, path) for path in folder.iterdir())
    for _, path in entries[:-ENTRIES]:
        path.unlink(missing_ok=True)


def _own(facts: os.stat_result, *, directory: bool) -> bool:
    """Tell whether only this user can have written it: root does not run what lies in a user's folder."""
    kind = stat.S_ISDIR if directory else stat.S_ISREG
    return kind(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _digest(key: str, code: bytes) -> bytes:
    return hashlib.sha256(key.encode() + code).digest()
