"""HTTPS in front of a hub, as operators have it: TLS ends here, bytes go on to the hub, with a company's own CA."""

from __future__ import annotations

import asyncio
import queue
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

HOST = "localhost"


@dataclass(frozen=True, slots=True)
class Company:
    """A certificate authority of one's own: its certificate, and a server's chain with key, as files."""

    authority: Path
    server: Path

    @classmethod
    def found(cls, folder: Path) -> Company:
        """Make an authority and a certificate for HOST."""
        key, name = ec.generate_private_key(ec.SECP256R1()), _name("Example Company CA")
        authority = _unsigned(name, name, key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        own, server = ec.generate_private_key(ec.SECP256R1()), _name(HOST)
        issued = _unsigned(server, name, own).add_extension(
            x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False
        )
        made = cls(folder / "authority.pem", folder / "server.pem")
        made.authority.write_bytes(authority.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM))
        private = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        made.server.write_bytes(issued.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM) + private)
        return made

    @contextmanager
    def serving(self, port: int, behind: int) -> Iterator[None]:
        """Listen on `port` with TLS, and pass everything on to the port `behind` it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server)
        ready: queue.Queue[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = queue.Queue()

        async def passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            inner, outer = await asyncio.open_connection("127.0.0.1", behind)
            await asyncio.gather(_copied(reader, outer), _copied(inner, writer))

        async def listen() -> None:
            over = asyncio.Event()
            async with await asyncio.start_server(passed, HOST, port, ssl=context):
                ready.put((asyncio.get_running_loop(), over))
                await over.wait()

        thread = threading.Thread(target=lambda: asyncio.run(listen()))
        thread.start()
        loop, over = ready.get(timeout=10)
        try:
            yield
        finally:
            loop.call_soon_threadsafe(over.set)
            thread.join()


async def _copied(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, ssl.SSLError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()
    writer.close()


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _unsigned(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
