"""Programs that sample: perf events on every online processor, or on the threads of one process.

Cycles of the processor where it counts them, its clock in software otherwise (many virtual machines).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path

from ...schemas.errors import Unsupported
from .links.request import Request, Undo

FREQUENCY = (
    49  # samples a second: few enough to cost nothing, and not in step with work that runs at 50 or 100 a second
)
_HARDWARE, _SOFTWARE, _CYCLES, _CPU_CLOCK = 0, 1, 0, 0  # perf_event_open(2): type, config
_ATTR = struct.Struct("=IIQQQQQ16x")  # struct perf_event_attr, version 0: type, size, config, freq, sample, read, flags
_INHERIT, _FREQ = 1 << 1, 1 << 10
_CLOEXEC = 8  # PERF_FLAG_FD_CLOEXEC
_CALLS = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "ppc64le": 319, "s390x": 331}  # perf_event_open
_NO_COUNTER = (errno.ENOENT, errno.EOPNOTSUPP, errno.ENODEV, errno.EINVAL)
_ONLINE = "/sys/devices/system/cpu/online"


def attach_sampling(request: Request) -> list[Undo]:
    """Attach to perf events of `frequency` Hz. Raises: OSError, BadInput, NotFound, Unsupported."""
    frequency = request.target.frequency or FREQUENCY
    links: list[Undo] = []
    try:
        for pid, processor in _places(request):
            event = _sample(request, frequency, pid, processor)
            if event is None:
                continue
            try:
                links.append(request.linked("bpf_program__attach_perf_event", event))
            except OSError:
                os.close(event)
                raise
    except BaseException:
        for undo in links:
            undo()
        raise
    if not links:
        raise request.missing(f"there is no process {request.target.pid} any more")
    return links


def _places(request: Request) -> Iterator[tuple[int, int]]:
    """Yield (thread, processor) for each event; -1 is every one."""
    pid = request.target.pid
    if pid < 0:
        yield from ((-1, processor) for processor in processors(Path(_ONLINE).read_text("ascii")))
        return
    try:
        threads = [int(path.name) for path in Path(f"/proc/{pid}/task").iterdir()]
    except FileNotFoundError as error:
        raise request.missing(f"there is no process {pid}") from error
    yield from ((thread, -1) for thread in threads)


def _sample(request: Request, frequency: int, pid: int, processor: int) -> int | None:
    """Open one event; None where its thread has ended, or its processor has gone, meanwhile."""
    flags = _FREQ | (_INHERIT if pid >= 0 else 0)
    try:
        return _open(_HARDWARE, _CYCLES, frequency, flags, pid, processor)
    except OSError as error:
        if error.errno == errno.ESRCH:
            return None
        if error.errno not in _NO_COUNTER:
            raise
    try:
        return _open(_SOFTWARE, _CPU_CLOCK, frequency, flags, pid, processor)
    except OSError as error:
        if error.errno in (errno.ESRCH, errno.ENODEV):
            return None
        if error.errno == errno.EINVAL:
            todo = "give a smaller --frequency; /proc/sys/kernel/perf_event_max_sample_rate is the most"
            raise request.wrong(f"this kernel takes no {frequency} samples a second", todo) from error
        raise


def _open(kind: int, config: int, frequency: int, flags: int, pid: int, processor: int) -> int:
    machine = os.uname().machine
    if machine not in _CALLS:
        raise Unsupported(f"perf events are not known on {machine}", needs=" or ".join(_CALLS))
    attributes = _ATTR.pack(kind, _ATTR.size, config, frequency, 0, 0, flags)
    system_call = ctypes.CDLL(None, use_errno=True).syscall
    system_call.restype = ctypes.c_long
    numbers = [ctypes.c_long(number) for number in (pid, processor, -1, _CLOEXEC)]
    descriptor = int(system_call(ctypes.c_long(_CALLS[machine]), attributes, *numbers))
    if descriptor < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return descriptor


def processors(text: str) -> list[int]:
    """Read a list of processors as the kernel writes it: "0-3,8". Raises: ValueError."""
    found: list[int] = []
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found
