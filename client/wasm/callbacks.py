"""Records into a guest's callback, many with one call: a small module of ours walks them and calls the guest.

The records lie in a memory of the host's own beside the guest's, so the guest's allocator never meets them. For each
record, in order: it is copied to the guest's `data`, cut to `max_size`, and the callback is called with the context,
`data` and the size. So the guest sees one record at a time in its own buffer, as from any other host of wasm-bpf.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path
from typing import NamedTuple, cast

from wasmtime import Caller, Func, FuncType, Instance, Limits, Memory, MemoryType, Store, Table

from ...schemas.errors import BadInput
from .compiled import compiled_text
from .memory import GuestMemory

ARENA = 4 * 65536  # bytes of records, with 4 of length each, handed on with one call
TABLE, GO_CALLBACK = "__indirect_function_table", "go-callback"
_HEAD = struct.Struct("<4I")  # before the lengths: function, context, data, and how many records (or bytes of one)
_MODULE = """(module
  (type $sample (func (param i32 i32 i32) (result i32)))
  (import "guest" "memory" (memory $guest 0))
  (import "host" "arena" (memory $arena {pages} {pages}))
  (import "guest" "callback" {callback})
  (func $call (param $size i32) (result i32)
    (i32.load $arena (i32.const 4)) (i32.load $arena (i32.const 8)) (local.get $size) {call})
  (func (export "one") (result i64)
    (i64.extend_i32_u (call $call (i32.load $arena (i32.const 12)))))
  (func (export "many") (result i64)
    (local $count i32) (local $done i32) (local $size i32) (local $record i32) (local $answer i32)
    (local.set $count (i32.load $arena (i32.const 12)))
    (local.set $record (i32.add (i32.const 16) (i32.shl (local.get $count) (i32.const 2))))
    (block $stop (loop $next
      (br_if $stop (i32.ge_u (local.get $done) (local.get $count)))
      (local.set $size (i32.load $arena offset=16 (i32.shl (local.get $done) (i32.const 2))))
      (memory.copy $guest $arena (i32.load $arena (i32.const 8)) (local.get $record) (local.get $size))
      (local.set $record (i32.add (local.get $record) (local.get $size)))
      (local.set $done (i32.add (local.get $done) (i32.const 1)))
      (local.set $answer (call $call (local.get $size)))
      (br_if $next (i32.ge_s (local.get $answer) (i32.const 0)))))
    (i64.or (i64.shl (i64.extend_i32_u (local.get $done)) (i64.const 32)) (i64.extend_i32_u (local.get $answer)))))"""
_BY_INDEX = {
    "callback": "(table $table 0 funcref)",
    "call": "(call_indirect $table (type $sample) (i32.load $arena (i32.const 0)))",
}
_BY_NAME = {"callback": "(func $callback (type $sample))", "call": "(call $callback)"}


class Callback(NamedTuple):
    """What a guest asked to be called: `function` of its table, or None for a Go guest's export; all are 32 bits."""

    function: int | None
    context: int
    data: int
    max_size: int


class Answer(NamedTuple):
    """How many records were handed on, and the last answer: negative when the callback ended it (libbpf.h)."""

    done: int
    value: int


class Callbacks:
    """The calls into one guest."""

    def __init__(self, store: Store, folder: Path) -> None:
        self._folder = folder
        self._arena = Memory(store, MemoryType(Limits(ARENA >> 16, ARENA >> 16)))
        self._calls: dict[bool, tuple[Func, Func]] = {}

    def prepare(self, caller: Caller, memory: GuestMemory, callback: Callback) -> None:
        """Link the calls to the guest that calls, once for each kind. Raises: BadInput when it exports no callback."""
        by_name = callback.function is None
        if by_name in self._calls:
            return
        target = caller.get(GO_CALLBACK if by_name else TABLE)
        if not isinstance(target, Func if by_name else Table):
            raise BadInput(
                f"the Wasm module polls, but does not export {GO_CALLBACK if by_name else TABLE!r}",
                todo="" if by_name else "link it with -Wl,--export-table",
            )
        if isinstance(target, Func) and not _is_sample(target.type(caller)):
            raise BadInput(f"the Wasm module's {GO_CALLBACK!r} is not a function of (i32, i32, i32) to i32")
        text = _MODULE.format(pages=ARENA >> 16, **(_BY_NAME if by_name else _BY_INDEX))
        module = compiled_text(text, self._folder)
        exports = Instance(caller, module, [memory.exported, self._arena, target]).exports(caller)
        self._calls[by_name] = cast(Func, exports["one"]), cast(Func, exports["many"])

    def hand_on(self, caller: Caller, memory: GuestMemory, callback: Callback, records: Sequence[bytes]) -> Answer:
        """Call the guest for each record, until it answers with a negative value. Raises: what the guest does.

        After prepare(). The guest may grow its memory or end itself meanwhile.
        """
        if max(map(len, records)) > callback.max_size:
            records = [record[: callback.max_size] for record in records]
        sizes = list(map(len, records))
        ends = list(accumulate(map((4).__add__, sizes), initial=0))  # what all up to each take in the arena
        done = 0
        while done < len(records):
            until = bisect_right(ends, ends[done] + ARENA - _HEAD.size) - 1
            if until > done:
                answer = self._many(caller, callback, records[done:until], sizes[done:until])
            else:
                answer = self._alone(caller, memory, callback, records[done])
            done += answer.done
            if answer.value < 0:
                return Answer(done, answer.value)
        return Answer(done, 0)

    def _many(self, caller: Caller, callback: Callback, records: Sequence[bytes], sizes: list[int]) -> Answer:
        """Hand on what fits into the arena. What the call needs lies there: wasmtime takes long over parameters."""
        count = len(records)
        head = _HEAD.pack(callback.function or 0, callback.context, callback.data, count)
        self._arena.write(caller, bytearray().join((head, struct.pack(f"<{count}I", *sizes), *records)), 0)
        answer: int = self._calls[callback.function is None][1](caller)
        return Answer(answer >> 32, _signed(answer & 0xFFFFFFFF))

    def _alone(self, caller: Caller, memory: GuestMemory, callback: Callback, record: bytes) -> Answer:
        """Hand on a record that is larger than the arena."""
        memory.write(caller, callback.data, record)
        head = _HEAD.pack(callback.function or 0, callback.context, callback.data, len(record))
        self._arena.write(caller, head, 0)
        return Answer(1, _signed(self._calls[callback.function is None][0](caller) & 0xFFFFFFFF))


def _is_sample(kind: FuncType) -> bool:
    return [str(word) for word in kind.params] == ["i32"] * 3 and [str(word) for word in kind.results] == ["i32"]


def _signed(word: int) -> int:
    return word - (1 << 32) if word >> 31 else word
