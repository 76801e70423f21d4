"""Programs on the network of the own network namespace: XDP, TC, socket filters, sk_lookup, flow_dissector.

All but one end with the process, however it ends. The exception: TC on kernels before 6.6, which have no TCX links;
there a killed run leaves its filter (tc filter show dev NAME ingress), as every other tool's would be.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from functools import partial

from ....schemas.errors import Conflict, Unsupported
from ..refusal import name_of
from ..target import direction_of
from . import options
from .request import Request, Undo

_XDP, _TCX = 37, {"ingress": 46, "egress": 47}  # enum bpf_attach_type
_SKB_MODE, _DRV_MODE = 2, 4  # XDP_FLAGS_* (linux/if_link.h)
_POINTS = {"ingress": 1, "egress": 2}  # enum bpf_tc_attach_point
_ANY_POINT = 3  # both: the hook itself, the clsact qdisc
_NO_SUCH_LINK = (errno.EINVAL, errno.EOPNOTSUPP)  # of a kernel that does not know TCX
_ETH_P_ALL = 3
_SO_ATTACH_BPF = 50  # asm-generic/socket.h; the same on x86-64, arm64 and riscv64


def attach_xdp(request: Request) -> list[Undo]:
    """Attach to an interface: in its driver ("native"), before the stack ("generic"), or what works ("auto").

    Raises: OSError, BadInput, NotFound, Conflict, Unsupported.
    """
    index, mode = interface_of(request), request.target.mode or "auto"
    modes = {"native": (_DRV_MODE,), "generic": (_SKB_MODE,), "auto": (_DRV_MODE, _SKB_MODE)}
    if mode not in modes:
        raise request.wrong(f"{mode!r} is no XDP mode", "give --mode native, generic or auto")
    refused = OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
    for flags in modes[mode]:
        try:
            return [request.kernel_link(index, _XDP, options.link(flags=flags))]
        except OSError as error:
            if error.errno in (errno.EBUSY, errno.EEXIST):
                raise Conflict(
                    f"{name_of(request.program)} cannot be attached: {request.target.interface} has an XDP program",
                    todo="see which: bpftool net show",
                ) from error
            refused = error
    if mode == "native":
        what = f"{request.target.interface} has no XDP in its driver, or not as it is set up"
        todo = "try --mode generic"
        raise Unsupported(f"{name_of(request.program)}: {what}", needs="XDP in the driver", todo=todo) from refused
    raise refused


def attach_traffic(request: Request) -> list[Undo]:
    """Attach to an interface's arriving (the default) or leaving packets. Raises: OSError, BadInput, NotFound.

    With a TCX link (Linux 6.6), which has neither handle nor priority; on older kernels with attach_filter().
    """
    index = interface_of(request)
    direction = request.target.direction or direction_of(request.named) or "ingress"
    if direction not in _TCX:
        raise request.wrong(f"{direction!r} is no direction", "give --direction ingress or egress")
    try:
        return [request.kernel_link(index, _TCX[direction])]
    except OSError as error:
        if error.errno not in _NO_SUCH_LINK:
            raise
    return attach_filter(request, index, direction)


def attach_filter(request: Request, index: int, direction: str) -> list[Undo]:
    """Attach as a filter of the clsact qdisc, with a handle of its own. Raises: OSError.

    The undoing takes away this filter only, and the qdisc only if it was made here.
    """
    library, undo = request.library, list[Undo]()
    hook = options.tc_hook(interface=index, points=_POINTS[direction])
    try:
        library.done("bpf_tc_hook_create", hook)
        undo.append(partial(library.call, "bpf_tc_hook_destroy", options.tc_hook(interface=index, points=_ANY_POINT)))
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise
    wanted = options.tc(program=request.descriptor, handle=request.target.handle, priority=request.target.priority)
    form = library.buffer(len(wanted))
    form.raw = wanted
    try:
        library.done("bpf_tc_attach", hook, form)
    except OSError:
        _in_order(undo)
        raise
    *_, handle, priority = struct.unpack(options.TC, form.raw)
    filter_ = options.tc(program=0, handle=handle, priority=priority)
    return [partial(_in_order, [partial(library.call, "bpf_tc_detach", hook, filter_), *undo])]


def _in_order(steps: list[Undo]) -> None:
    for step in steps:
        step()


def attach_socket(request: Request) -> list[Undo]:
    """Attach to a packet socket that sees what an interface, or every one, receives and sends.

    The socket is never read; it keeps the smallest buffer, and the program sees packets after that is full too.
    Raises: OSError, NotFound.
    """
    wanted = socket.if_indextoname(interface_of(request)) if request.target.interface else ""
    protocol = 0 if wanted else socket.htons(_ETH_P_ALL)  # 0: nothing arrives before bind()
    listening = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 0)
        listening.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_BPF, request.descriptor)
        if wanted:
            listening.bind((wanted, _ETH_P_ALL))
    except OSError:
        listening.close()
        raise
    return [listening.close]


def attach_namespace(request: Request) -> list[Undo]:
    """Attach sk_lookup or flow_dissector to this thread's network namespace. Raises: OSError."""
    namespace = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        return [request.linked("bpf_program__attach_netns", namespace)]
    finally:
        os.close(namespace)


def interface_of(request: Request) -> int:
    """Return the index of the wanted interface. Raises: NotFound."""
    name = request.target.interface
    indexes = [index for index, found in socket.if_nameindex() if name in (found, str(index))]
    try:
        return indexes[0]  # packages of eunomia give an interface by its number
    except IndexError as error:
        there = ", ".join(found for _, found in socket.if_nameindex()[:16])
        raise request.missing(f"there is no network interface {name!r}", f"there are: {there}") from error
