"""Programs on functions and static probes of user space: uprobe, uretprobe, usdt.

A binary may be named without its folder; then it is looked for where the shell and the dynamic linker look.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from pathlib import Path

from ..target import user_parts
from . import options
from .request import Request, Undo

_SYMBOL = re.compile(r"(?P<name>[^+]*?)\+?(?P<offset>0[xX][0-9a-fA-F]{1,16}|(?<=\+)[0-9]{1,19})?")
_PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_LIBRARIES = "/usr/local/lib:/usr/lib64:/usr/lib:/lib64:/lib"


def attach_user(request: Request) -> list[Undo]:
    """Attach a uprobe, uretprobe or usdt program. Raises: OSError, BadInput, NotFound."""
    binary, symbol = user_parts(request.named)
    binary, symbol = request.target.binary or binary, request.target.symbol or symbol
    path = find_binary(binary)
    if path is None:
        raise request.missing(f"there is no program or library {binary!r}", "name another with --binary")
    try:
        return [_static(request, path, symbol) if request.kind == "usdt" else _function(request, path, symbol)]
    except OSError as error:
        if error.errno == errno.ESRCH and request.target.pid >= 0:
            raise request.missing(f"there is no process {request.target.pid}") from error
        if error.errno == errno.ENOENT:
            what = "static probe" if request.kind == "usdt" else "function"
            raise request.missing(f"{path} has no {what} {symbol!r}", "name another with --symbol") from error
        if error.errno in (4000, 4001, errno.EINVAL, errno.ENOEXEC) and not _is_elf(path):
            raise request.wrong(f"{path} is neither a program nor a library (ELF)") from error
        raise


def _function(request: Request, path: str, symbol: str) -> Undo:
    parts = _SYMBOL.fullmatch(symbol)
    if parts is None or not (parts["name"] or parts["offset"]):
        raise request.wrong(f"{symbol!r} is no function", "name it as function, function+0x10 or 0x4f0")
    name = request.library.text(parts["name"]) if parts["name"] else None
    form = options.uprobe(
        returning=request.kind.startswith("uret"), function=request.library.address(name) if name else 0
    )
    offset = int(parts["offset"] or "0", 0)
    return request.linked("bpf_program__attach_uprobe_opts", request.target.pid, os.fsencode(path), offset, form)


def _static(request: Request, path: str, symbol: str) -> Undo:
    provider, _, probe = symbol.partition(":")
    if not probe:
        raise request.wrong(f"{symbol!r} is no static probe", "name it as provider:probe")
    names = (provider.encode(), probe.encode())
    return request.linked("bpf_program__attach_usdt", request.target.pid, os.fsencode(path), *names, None)


def find_binary(name: str) -> str | None:
    """Return the path of a program, or of a library where the name has ".so"; None when there is none."""
    if "/" in name:
        paths = [Path(name)]
    else:
        paths = [Path(folder, name) for folder in _places(library=name.endswith(".so") or ".so." in name) if folder]
    return next((str(path) for path in paths if path.is_file() and os.access(path, os.R_OK)), None)


def _places(*, library: bool) -> Iterator[str]:
    if library:
        yield from os.environ.get("LD_LIBRARY_PATH", "").split(":")
        yield from (f"/usr/lib/{os.uname().machine}-linux-gnu", f"/lib/{os.uname().machine}-linux-gnu")
        yield from _LIBRARIES.split(":")
    else:
        yield from os.environ.get("PATH", "").split(":")
        yield from _PROGRAMS.split(":")


def _is_elf(path: str) -> bool:
    with Path(path).open("rb") as file:
        return file.read(4) == b"\x7fELF"
