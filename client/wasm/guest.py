"""One guest from its module's bytes to its exit code: a Wasm program that loads BPF objects and reads their maps.

It runs in a thread of its own, so that a signal, a time limit or a lost reader ends it wherever it is: in a poll, in an
endless loop (by wasmtime's epochs), or stuck in a write or a sleep (then it is left behind with nothing to hold).
"""

from __future__ import annotations

import select
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from wasmtime import Func, Linker, Store, Trap, TrapCode, WasiConfig, WasmtimeError

from ...schemas.errors import BadInput, Denied, HubError, Unavailable
from ..failure import report
from ..loader.stop import Stop, StopOnSignals
from .callbacks import Callbacks
from .compiled import compiled, engine, reason
from .grants import Grants
from .host import Ended, Exited, Host, Turn
from .imports import link
from .objects import Objects

GRACE = 0.25  # seconds in which a guest that was told of the end may end itself
_ABANDONED = 0.25  # seconds after which one that does not react is left behind
_TABLE_ELEMENTS, _TABLES = 1_000_000, 8
_LONGEST_WAIT = 24 * 3600.0  # seconds
_STDOUT = 1


def run_guest(
    module: bytes,
    arguments: Sequence[str],
    *,
    name: str,
    gate: Callable[[bytes], None],
    grants: Grants,
    cache: Path,
    stop: Stop | None = None,
    timeout: float | None = None,
    btf_path: Callable[[bytes], str] = lambda _elf: "",
    say: Callable[[HubError], object] = report,
) -> int:
    """Run a guest until it ends, and return its exit code: that of proc_exit(), or 0 when it returns.

    SIGINT, SIGTERM, `stop`, `timeout` seconds, or stdout's reader being gone end it too; that is 0. `gate` is asked
    before each BPF object is loaded, and raises HubError to refuse it, which ends the guest. `cache` holds compiled
    modules. `say` is told of errors that the guest got as a number. Nothing is attached afterwards, however it ends.
    Raises: BadInput (no module, or it crashed), Unsupported (it needs another host), Denied (granted time is over),
    and what `gate` raises.
    """
    with ExitStack() as cleanup:
        if stop is None:
            stop = Stop()
            cleanup.callback(stop.close)
        cleanup.enter_context(StopOnSignals(stop))
        guest = _Guest(module, [name, *arguments], name, gate, grants, cache, btf_path, say)
        cleanup.callback(guest.end)
        limit = _earliest(timeout, grants.seconds)
        sys.stdout.flush()
        guest.start()
        guest.wait(stop, limit)
        used_up = guest.running and limit is not None and limit == grants.seconds and not stop.wanted
    guest.say_lost()
    if used_up and limit != timeout:
        raise Denied(f"ran longer than the {grants.seconds} seconds that it was granted", where=name)
    return guest.outcome()


class _Guest:
    """A guest, its thread, and what it holds. Only the thread touches wasmtime's store."""

    def __init__(
        self,
        module: bytes,
        arguments: list[str],
        name: str,
        gate: Callable[[bytes], None],
        grants: Grants,
        cache: Path,
        btf_path: Callable[[bytes], str],
        say: Callable[[HubError], object],
    ) -> None:
        self._module, self._arguments, self._name, self._grants, self._cache = module, arguments, name, grants, cache
        self._say = say
        self._ending, self._finished = Stop(), Stop()
        self._turn = Turn()
        self._objects = Objects(name, gate, grants, btf_path, self._ending)
        self._code = 0
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name=f"guest {name}", daemon=True)

    @property
    def running(self) -> bool:
        """Whether the guest has not ended yet."""
        return not self._finished.wanted

    def start(self) -> None:
        """Let the guest begin."""
        self._thread.start()

    def wait(self, stop: Stop, limit: float | None) -> None:
        """Wait until the guest ends, the stop, `limit` seconds, or until nobody reads stdout any more."""
        deadline = None if limit is None else time.monotonic() + limit
        watched = select.poll()
        watched.register(stop.fileno(), select.POLLIN)
        watched.register(self._finished.fileno(), select.POLLIN)
        watched.register(_STDOUT, 0)  # errors and hang-ups are always told
        while self.running and not stop.wanted:
            left = _LONGEST_WAIT if deadline is None else min(deadline - time.monotonic(), _LONGEST_WAIT)
            if left <= 0:
                return
            for descriptor, what in watched.poll(left * 1000):
                if descriptor == _STDOUT and what & select.POLLNVAL:
                    watched.unregister(_STDOUT)  # closed from the start
                elif descriptor == _STDOUT:
                    return

    def end(self) -> None:
        """End the guest if it runs, and take all that it loaded out of the kernel; a second call does nothing."""
        if self.running:
            self._ending.set()
            self._thread.join(GRACE)
        if self.running:
            engine().increment_epoch()
            self._thread.join(_ABANDONED)
        self._turn.end(self._objects.close_all)
        if not self.running:
            self._thread.join()
            self._ending.close()
            self._finished.close()

    def say_lost(self) -> None:
        """Tell people of records that were lost."""
        if self._objects.lost:
            self._say(
                Unavailable(f"{self._objects.lost} events were lost: the guest reads too slowly", where=self._name)
            )

    def outcome(self) -> int:
        """Return the exit code. Raises: what ended the guest."""
        if self._error is not None:
            raise self._error
        return self._code

    def _work(self) -> None:
        try:
            self._run()
        except Ended:
            pass
        except Exited as exited:
            self._code = 0 if self._ending.wanted else exited.code
        except (Trap, WasmtimeError) as error:
            if not (self._ending.wanted and isinstance(error, Trap) and error.trap_code is TrapCode.INTERRUPT):
                self._error = _crashed(error, self._name)
        except BaseException as error:
            self._error = error
        finally:
            self._finished.set()

    def _run(self) -> None:
        module = compiled(self._module, self._cache, where=self._name)
        store = Store(engine())
        store.set_epoch_deadline(1)
        if self._ending.wanted:  # asked after the deadline was set, so that no end is missed
            raise Ended
        store.set_limits(
            memory_size=self._grants.memory, table_elements=_TABLE_ELEMENTS, instances=2, tables=_TABLES, memories=1
        )
        callbacks = Callbacks(store, self._cache)
        store.set_wasi(_wasi(self._arguments, self._grants, self._name))
        linker = Linker(engine())
        link(
            module, linker, store, Host(self._objects, callbacks, self._turn, self._ending, self._say), where=self._name
        )
        start = linker.instantiate(store, module).exports(store).get("_start")
        if not isinstance(start, Func) or start.type(store).params or start.type(store).results:
            raise BadInput("the Wasm module exports no function _start, so it is not a program", where=self._name)
        start(store)


def _wasi(arguments: list[str], grants: Grants, name: str) -> WasiConfig:
    config = WasiConfig()
    try:
        config.argv = arguments
        config.env = grants.variables
    except (UnicodeEncodeError, WasmtimeError) as error:
        raise BadInput("arguments and variables of a guest must be UTF-8", where=name) from error
    config.inherit_stdin()
    config.inherit_stdout()
    config.inherit_stderr()
    for folder, shown in grants.folders:
        try:
            config.preopen_dir(str(folder), shown, fs_mutable=False)
        except (UnicodeEncodeError, WasmtimeError) as error:
            raise BadInput("cannot be opened for the guest", where=str(folder)) from error
    return config


def _crashed(error: Exception, name: str) -> BadInput:
    frames = (
        [frame.func_name or f"function {frame.func_index}" for frame in error.frames[:3]]
        if isinstance(error, Trap)
        else []
    )
    return BadInput(
        f"the Wasm program crashed: {reason(error)}",
        where=name,
        todo=f"in {', called by '.join(frames)}" if frames else "",
    )


def _earliest(*limits: float | None) -> float | None:
    return min((limit for limit in limits if limit is not None), default=None)
