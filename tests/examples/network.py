"""Two network namespaces with a cable between them, and small conversations, for tests of the network's packages."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cable:
    """Namespaces `near` and `far`; an interface in each, with an address: nothing of it touches the machine's own."""

    near: str
    far: str
    interface: str = "cable0"
    near_address: str = "198.51.100.1"  # of TEST-NET-2 (RFC 5737)
    far_address: str = "198.51.100.2"

    @property
    def in_near(self) -> tuple[str, ...]:
        """What stands before a command that is to run at the near end."""
        return ("ip", "netns", "exec", self.near)

    def far_python(self, code: str) -> str:
        """Run Python at the far end; returns what it prints."""
        command = ["ip", "netns", "exec", self.far, sys.executable, "-c", code]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout

    def send(self, port: int, data: bytes = b"hello") -> None:
        """Send a datagram from the far end to the near one."""
        code = "import socket; socket.socket(type=socket.SOCK_DGRAM).sendto({!r}, ({!r}, {}))"
        self.far_python(code.format(data, self.near_address, port))

    @contextmanager
    def listening(self) -> Iterator[socket.socket]:
        """A socket for datagrams at the near end, on a port of its own."""
        found: list[socket.socket] = []
        thread = threading.Thread(target=lambda: found.append(_bound_in(self.near, self.near_address)))
        thread.start()  # only this thread enters the namespace
        thread.join()
        with found[0] as listener:
            listener.settimeout(0.2)
            yield listener


@contextmanager
def cable() -> Iterator[Cable]:
    """Lay a cable for the length of a block."""
    number = uuid.uuid4().hex[:10]
    made = Cable(f"near-{number}", f"far-{number}")
    ends = {made.near: made.near_address, made.far: made.far_address}
    try:
        for name in ends:
            _ip("netns", "add", name)
        _ip("-n", made.near, "link", "add", made.interface, "type", "veth", "peer", made.interface, "netns", made.far)
        for name, address in ends.items():
            _ip("-n", name, "address", "add", f"{address}/24", "dev", made.interface)
            _ip("-n", name, "link", "set", made.interface, "up")
            _ip("-n", name, "link", "set", "lo", "up")
        yield made
    finally:
        for name in ends:
            with suppress(subprocess.CalledProcessError):
                _ip("netns", "delete", name)


@contextmanager
def echo_server(address: str = "127.0.0.1") -> Iterator[int]:
    """A TCP server that sends back what it gets; gives its port."""
    with socket.create_server((address, 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client:
                        while data := client.recv(65536):
                            client.sendall(data)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def converse(port: int, data: bytes = b"x" * 5000) -> None:
    """Connect to an echo server on loopback, say something, hear it, and close first."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(data)
        heard = 0
        while heard < len(data):
            heard += len(client.recv(65536))


def closed_port() -> int:
    """A port of loopback where nobody listens."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _bound_in(namespace: str, address: str) -> socket.socket:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    with Path("/run/netns", namespace).open() as entrance:
        assert libc.setns(entrance.fileno(), 0x40000000) == 0, os.strerror(ctypes.get_errno())  # CLONE_NEWNET
    listener = socket.socket(type=socket.SOCK_DGRAM)
    listener.bind((address, 0))
    return listener


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
