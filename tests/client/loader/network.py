"""A network namespace of a test's own: two ends of a cable and a loopback, gone with the test's thread."""

from __future__ import annotations

import ctypes
import functools
import json
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

_CLONE_NEWNET = 0x40000000
FRAME = bytes.fromhex("ffffffffffff02000000000188b5") + bytes(50)  # an Ethernet type for local experiments


def in_own_network(test: Callable[..., None]) -> Callable[..., None]:
    """Run a test in a thread whose network namespace has `lo`, up, and `near` and `far`, joined by a cable."""

    @functools.wraps(test)
    def wrapped(**arguments: Any) -> None:
        failures: list[BaseException] = []

        def run() -> None:
            try:
                _enter()
                test(**arguments)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        if failures:
            raise failures[0]

    return wrapped


def _enter() -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    ip("link", "add", "near", "type", "veth", "peer", "name", "far")
    for name in ("lo", "near", "far"):
        ip("link", "set", name, "up")
    while any(_state(name) != "UP" for name in ("near", "far")):  # until then the kernel drops what is sent
        time.sleep(0.01)


def _state(interface: str) -> str:
    shown = subprocess.run(["ip", "-j", "link", "show", "dev", interface], capture_output=True, check=True)
    return str(json.loads(shown.stdout)[0]["operstate"])


def ip(*words: str) -> None:
    """Run ip(8) in this thread's namespace."""
    subprocess.run(["ip", *words], check=True)


def send_frames(count: int, interface: str = "near") -> None:
    """Send Ethernet frames that no protocol stack wants."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as sending:
        sending.bind((interface, 0))
        for _ in range(count):
            sending.send(FRAME)


def xdp_of(interface: str) -> str:
    """Tell in which mode an XDP program is attached: "xdp", "xdpgeneric" or ""."""
    shown = subprocess.run(["ip", "-d", "link", "show", "dev", interface], capture_output=True, text=True, check=True)
    return next((word for word in shown.stdout.split() if word in ("xdp", "xdpgeneric")), "")


def filters_of(interface: str, direction: str = "ingress") -> list[str]:
    """List the TC filters of the old kind."""
    shown = subprocess.run(
        ["tc", "-j", "filter", "show", "dev", interface, direction], capture_output=True, text=True, check=False
    )
    return [
        item["options"]["bpf_name"].partition(":")[0] for item in json.loads(shown.stdout or "[]") if "options" in item
    ]


def has_clsact(interface: str) -> bool:
    """Tell whether the qdisc that TC filters of the old kind need is there."""
    shown = subprocess.run(["tc", "qdisc", "show", "dev", interface], capture_output=True, text=True, check=True)
    return "clsact" in shown.stdout


def connect_to_oneself() -> None:
    """Make one TCP connection over loopback."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()):
        server.accept()[0].close()
