"""The functions of the module `wasm_bpf`, as a guest calls them: numbers and pointers in, a number out.

Errors that people should know are said on stderr, too, for a guest gets only a number. What upstream's hosts do wrong
is avoided: every record reaches the callback, each map has its own buffer, all ranges are checked.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from types import TracebackType

from wasmtime import Caller

from ...schemas.errors import Denied, HubError, NotFound
from ..loader.program import OBJECT_LIMIT
from ..loader.stop import Stop
from . import map_calls
from .callbacks import Callback, Callbacks
from .map_calls import MapCall
from .memory import Fault, GuestMemory
from .objects import Objects

_FAILED = -1
WASI_EINTR = 27  # as the guest's C library numbers it (witx, errno): guests compare with their own EINTR
_LONGEST_WAIT = 24 * 3600.0  # seconds


class Ended(Exception):
    """The guest's time is over; it is unwound by this."""


class Exited(Exception):
    """The guest ended itself, with `code` as exit(3) gives it to a parent: its low 8 bits."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code & 0xFF


class Turn:
    """The host's own work, never at the same time as its end. Raises (entering): Ended after the end."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._over = False

    def __enter__(self) -> None:
        self._lock.acquire()
        if self._over:
            self._lock.release()
            raise Ended

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._lock.release()

    def end(self, last: Callable[[], None]) -> None:
        """Let no work begin any more, and do the last, when what runs is done."""
        with self._lock:
            self._over = True
            last()


class Host:
    """What one guest can call. `say` tells people about an error that the guest was given as a number."""

    def __init__(
        self, objects: Objects, callbacks: Callbacks, turn: Turn, ending: Stop, say: Callable[[HubError], object]
    ) -> None:
        self._objects, self._callbacks, self._turn, self._ending, self._say = objects, callbacks, turn, ending, say
        self._memory: GuestMemory | None = None
        self._polling = False
        self._told = False  # that the end is wanted

    def load(self, caller: Caller, at: int, size: int) -> int:
        """Load a BPF object; returns a handle above 0, or 0. Raises: what the gate raises."""
        try:
            elf = self._guest(caller).read(caller, at, size) if size <= OBJECT_LIMIT else b""
        except Fault:
            return 0
        self._objects.ask(elf)  # not in a turn: it may ask a person, and the end does not wait for an answer
        with self._turn:
            return self._told_people(lambda: self._objects.load(elf), failed=0)

    def close(self, _caller: Caller, handle: int) -> int:
        """Close a BPF object: its programs are detached. Returns 0, or -1 for an unknown handle."""
        with self._turn:
            return 0 if self._objects.close(handle) else _FAILED

    def attach(self, caller: Caller, handle: int, name: int, target: int) -> int:
        """Attach a program by name. Returns 0, or -1."""
        with self._turn:
            try:
                program = self._guest(caller).text(caller, name)
                wanted = self._guest(caller).text(caller, target)
            except Fault:
                return _FAILED

            def attach() -> int:
                self._objects.attach(handle, program, wanted)
                return 0

            return self._told_people(attach, failed=_FAILED)

    def map_number(self, caller: Caller, handle: int, name: int) -> int:
        """Return a map's number, or -1."""
        with self._turn:
            try:
                return self._objects.map_number(handle, self._guest(caller).text(caller, name))
            except (Fault, NotFound):
                return _FAILED

    def operate(self, caller: Caller, number: int, call: int, key: int, value: int, following: int, flags: int) -> int:
        """Do something with a map's entries. Returns 0 or a negative errno; -1 for a map that is not the guest's."""
        with self._turn:
            try:
                found = self._objects.map(number)
                if found is None:
                    return _FAILED
                memory, owns = self._guest(caller), lambda one: self._objects.map(one) is not None
                return map_calls.operate(MapCall(caller, memory, found, key, value, following, flags), call, owns)
            except Fault:
                return -errno.EFAULT
            except Denied as error:
                self._say(error)
                return -errno.EPERM
            except OSError as error:
                return -(error.errno or errno.EINVAL)

    def poll(
        self, caller: Caller, handle: int, number: int, sample: int, context: int, data: int, size: int, timeout: int
    ) -> int:
        """Hand the waiting records to the function `sample` of the guest's table, waiting `timeout` ms for the first.

        Returns how many, what the callback answered if that was negative (the rest stays for the next poll),
        WASI's -EINTR when the run is to end, -EFAULT, -ENOENT for a map that is not the object's, -EBUSY inside of a
        callback, or -1.
        """
        return self._poll(caller, handle, number, Callback(sample, context, data, size), timeout)

    def poll_go(
        self, caller: Caller, handle: int, number: int, context: int, data: int, size: int, timeout: int
    ) -> int:
        """As poll(), for TinyGo guests, which have no table: their export `go-callback` is called."""
        return self._poll(caller, handle, number, Callback(None, context, data, size), timeout)

    def exit(self, _caller: Caller, code: int) -> int:
        """End the guest: WASI's proc_exit, for wasmtime's own refuses codes above 125, such as that of `return -1`."""
        raise Exited(code)

    def _poll(self, caller: Caller, handle: int, number: int, callback: Callback, timeout: int) -> int:
        if self._polling:
            return -errno.EBUSY
        with self._turn:
            try:
                memory = self._guest(caller)
                memory.check(caller, callback.data, callback.max_size)
                buffer = self._objects.buffer(handle, number)
            except Fault:
                return -errno.EFAULT
            except NotFound:
                return -errno.ENOENT if self._objects.knows(handle) else _FAILED
            except HubError as error:
                self._say(error)
                return _FAILED
            self._callbacks.prepare(caller, memory, callback)
            records = buffer.take(None if timeout < 0 else min(timeout / 1000, _LONGEST_WAIT))
        if not records:
            return self._nothing()
        self._polling = True
        try:
            done, answer = self._callbacks.hand_on(caller, memory, callback, records)
        finally:
            self._polling = False
        with self._turn:
            if done < len(records):
                buffer.give_back(records[done:])
        return answer if answer < 0 else done

    def _nothing(self) -> int:
        """Answer a poll that found nothing: a guest that goes on although it was told of the end is ended."""
        if not self._ending.wanted:
            return 0
        if self._told:
            raise Ended
        self._told = True
        return -WASI_EINTR

    def _guest(self, caller: Caller) -> GuestMemory:
        if self._memory is None:
            self._memory = GuestMemory(caller)
        return self._memory

    def _told_people(self, work: Callable[[], int], *, failed: int) -> int:
        try:
            return work()
        except HubError as error:
            self._say(error)
            return failed
