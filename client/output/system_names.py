"""Names of this machine's signals, error codes, flags of open(2), and system calls."""

from __future__ import annotations

import errno
import os

_MOST_ERRNO = 4095  # MAX_ERRNO of include/linux/err.h
_ACCESS = ("O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE")
_ALIASES = frozenset({"O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE", "O_NDELAY", "O_FSYNC", "O_RSYNC"})
_ALWAYS_64 = 0o100000  # O_LARGEFILE where the C library calls it 0: the kernel sets it on 64-bit machines


def errno_name(code: int) -> str:
    """Show a negative error code by its name; other numbers stand for themselves."""
    if -_MOST_ERRNO <= code < 0:
        return errno.errorcode.get(-code) or _KERNEL_ONLY.get(-code, str(code))
    return str(code)


def errno_number(name: str) -> int | None:
    """Return the negative code of an error's name."""
    codes = {text: -code for code, text in (*_KERNEL_ONLY.items(), *errno.errorcode.items())}
    return codes.get(name.upper())


_KERNEL_ONLY = {
    512: "ERESTARTSYS",
    513: "ERESTARTNOINTR",
    514: "ERESTARTNOHAND",
    515: "ENOIOCTLCMD",
    517: "EPROBE_DEFER",
    524: "ENOTSUPP",
}


def signal_name(number: int) -> str:
    """Show a signal by its name: SIGKILL, SIGRTMIN+3."""
    return _signals().get(number, str(number))


def signal_number(name: str) -> int | None:
    """Return the number of a signal's name, with or without its SIG."""
    name = name.upper()
    for number, known in _signals().items():
        if name in (known, known.removeprefix("SIG")):
            return number
    return None


_signal_names: dict[int, str] = {}


def _signals() -> dict[int, str]:
    if not _signal_names:
        import signal

        first, last = int(signal.SIGRTMIN), int(signal.SIGRTMAX)
        names = {number: f"SIGRTMIN+{number - first}" for number in range(first, last + 1)}
        names |= {int(item): item.name for item in signal.Signals if item.name not in ("SIGCLD", "SIGPOLL", "SIGRTMAX")}
        _signal_names.update(names)
    return _signal_names


def open_flags(flags: int) -> str:
    """Show the flags of open(2): O_WRONLY|O_CREAT|O_TRUNC."""
    names, left = [_ACCESS[flags & 3]], flags & ~3 & 0xFFFFFFFF
    for value, name in _flags():
        if left & value == value:
            names.append(name)
            left &= ~value
    return "|".join([*names, f"{left:#x}"] if left else names)


_flag_names: list[tuple[int, str]] = []


def _flags() -> list[tuple[int, str]]:
    """Flags with their names; those of several bits first (O_SYNC holds O_DSYNC)."""
    if not _flag_names:
        known = {name: getattr(os, name) for name in dir(os) if name.startswith("O_") and name not in _ALIASES}
        known["O_LARGEFILE"] = known.get("O_LARGEFILE") or _ALWAYS_64
        found = [(value, name) for name, value in known.items() if isinstance(value, int) and value > 3]
        _flag_names.extend(sorted(found, key=lambda item: -item[0].bit_count()))
    return _flag_names


def syscall_name(number: int) -> str:
    """Show a system call by its name."""
    from .syscalls import names

    return names().get(number, str(number))


def syscall_number(name: str) -> int | None:
    """Return the number of a system call's name."""
    from .syscalls import names

    return next((number for number, known in names().items() if known == name), None)
