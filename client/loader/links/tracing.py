"""Programs on events of the kernel whose section names none: the name comes from `--symbol`.

What a section names itself is attached by libbpf alone (bpf_program__attach).
"""

from __future__ import annotations

from ..target import RAW_TRACEPOINTS, TRACEPOINTS
from . import options
from .request import Request, Undo


def attach_tracing(request: Request) -> list[Undo]:
    """Attach a tracepoint, raw tracepoint, kprobe, multi-kprobe or system call probe. Raises: OSError, BadInput."""
    symbol = (request.target.symbol or request.named).encode()
    if request.kind in TRACEPOINTS:
        category, _, event = symbol.replace(b"/", b":").partition(b":")
        if not event:
            raise request.wrong(f"{request.target.symbol!r} is no tracepoint", "name it as category:event")
        return [request.linked("bpf_program__attach_tracepoint", category, event)]
    if request.kind in RAW_TRACEPOINTS:
        return [request.linked("bpf_program__attach_raw_tracepoint", symbol)]
    returning = request.kind.startswith("kret")
    if request.kind.endswith("probe.multi"):
        form = options.kprobe_multi(returning=returning)
        return [request.linked("bpf_program__attach_kprobe_multi_opts", symbol, form)]
    if request.kind.endswith("syscall"):
        return [request.linked("bpf_program__attach_ksyscall", symbol, options.ksyscall(returning=returning))]
    return [request.linked("bpf_program__attach_kprobe_opts", symbol, options.kprobe(returning=returning))]
