"""The packages for language run-times: what bash, Python, the C library and OpenSSL of this machine do is seen."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from .conftest import Events

ME = os.getpid()


def mapped(pattern: str) -> str:
    """The file of a library that this process has in its memory."""
    found = {line.split()[-1] for line in Path("/proc/self/maps").read_text().splitlines()}
    return next(path for path in sorted(found) if re.search(pattern, path))


def interpreter() -> str:
    """The file that holds Python itself: a library of its own, or the program."""
    with suppress(StopIteration):
        return mapped(r"/libpython3\.\d+\.so")
    return str(Path(sys.executable).resolve())


class Typist:
    """Somebody who sits at a terminal with bash."""

    def __init__(self) -> None:
        self._pid, self._terminal = pty.fork()
        if not self._pid:
            os.execv("/bin/bash", ["bash", "--norc", "--noprofile", "-i"])

    def type(self, line: str) -> None:
        """Type a line, and wait a moment for what bash says, so that it can go on."""
        os.write(self._terminal, line.encode() + b"\n")
        while select.select([self._terminal], [], [], 0.1)[0]:
            os.read(self._terminal, 4096)

    def leave(self) -> None:
        """Close the terminal."""
        os.close(self._terminal)
        os.waitpid(self._pid, 0)


@pytest.fixture
def typist() -> Iterator[Typist]:
    """A shell at a terminal."""
    made = Typist()
    yield made
    made.leave()


def test_bashreadline_sees_what_is_typed(events: Events, typist: Typist) -> None:
    line = f"echo typed by {ME} # äöü"
    found = events("bashreadline", trigger=lambda: typist.type(line), where=lambda event: event["line"] == line)
    assert found[0]["uid"] == os.getuid()


def test_gethostlatency_sees_a_name_that_is_looked_up(events: Events) -> None:
    name = f"ebpfhub-{ME}.invalid"  # of a domain that never exists (RFC 6761)

    def look_up() -> None:
        with contextlib.suppress(OSError):
            socket.getaddrinfo(name, 80)

    found = events("gethostlatency", "--pid", ME, trigger=look_up, where=lambda event: event["host"] == name)
    assert found[0]["pid"] == ME
    assert found[0]["ret"] < 0
    assert found[0]["waited"] > 0


def test_gethostlatency_sees_that_a_name_was_found(events: Events) -> None:
    found = events(
        "gethostlatency", "--pid", ME,
        trigger=lambda: socket.getaddrinfo("localhost", 80), where=lambda event: event["host"] == "localhost",
    )  # fmt: skip
    assert found[0]["ret"] == 0


def test_mallocstat_sees_sizes_of_one_process(events: Events) -> None:
    """Blocks of 3 MiB are in the slot of 2 MiB, which begins at 2^21 bytes."""
    found = events(
        "mallocstat", "--pid", ME,
        trigger=lambda: [bytearray(3 << 20) for _ in range(50)], where=lambda seen: seen["slots"][21] >= 50,
    )  # fmt: skip
    assert len(found[0]["slots"]) == 40


def test_pyexceptions_names_the_class(events: Events) -> None:
    program = "class NobodyElsesError(Exception): pass\ntry: raise NobodyElsesError\nexcept Exception: pass"
    found = events(
        "pyexceptions", "--binary", interpreter(),
        trigger=lambda: subprocess.run([sys.executable, "-I", "-c", program], check=True),
        where=lambda event: event["name"] == "NobodyElsesError",
    )  # fmt: skip
    assert found[0]["comm"].startswith("python")
    assert found[0]["pid"] != ME


@contextmanager
def tls_server(folder: Path) -> Iterator[int]:
    """A server for TLS with a certificate of its own, which sends back what it gets; gives its port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server.test")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    (folder / "chain.pem").write_bytes(
        made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "chain.pem")
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = server.accept()
                    with client, context.wrap_socket(client, server_side=True) as inner:
                        inner.sendall(b"heard: " + inner.recv(1000))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_sslsnoop_sees_the_plain_text_of_tls(events: Events, tmp_path: Path) -> None:
    secret = f"GET /secret-{ME}-{time.time_ns()}"
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    with tls_server(tmp_path) as port:

        def ask() -> None:
            with socket.create_connection(("127.0.0.1", port)) as raw, context.wrap_socket(raw) as client:
                client.sendall(secret.encode())
                client.recv(1000)

        found = events(
            "sslsnoop", "--binary", mapped(r"/libssl\.so"), "--pid", ME,
            trigger=ask, where=lambda event: secret in event["data"], count=4,
        )  # fmt: skip
    assert {(event["way"], event["data"]) for event in found} == {
        ("SENT", secret), ("RECEIVED", secret), ("SENT", f"heard: {secret}"), ("RECEIVED", f"heard: {secret}"),
    }  # fmt: skip
    assert {event["size"] for event in found} == {len(secret), len(secret) + 7}
    assert {event["pid"] for event in found} == {ME}
