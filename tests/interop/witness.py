"""litewitness, a C2SP witness in Go, as a process: it keeps what it saw of logs, and cosigns what continues it."""

from __future__ import annotations

import base64
import hashlib
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from ebpfhub.signing.notes import COSIGNATURE, VerifierKey

from ..conformance.go_tools import LITEWITNESS, go_tool
from ..hubs import free_port

NAME = "witness.test/lite"
EMPTY = base64.b64encode(bytes(32)).decode()
WAIT_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Witness:
    """A running witness; `key` is for the `witness` line of a policy."""

    url: str
    key: VerifierKey

    def ask(self, old: int, proof: Sequence[bytes], checkpoint: str) -> tuple[int, str]:
        """`POST /add-checkpoint` (c2sp.org/tlog-witness): status and body."""
        lines = [f"old {old}", *(base64.b64encode(item).decode() for item in proof)]
        body = "".join(f"{line}\n" for line in lines) + "\n" + checkpoint
        try:
            with urllib.request.urlopen(f"{self.url}/add-checkpoint", body.encode(), timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


@contextmanager
def running(folder: Path, logs: Sequence[VerifierKey]) -> Iterator[Witness]:
    """A witness that knows these logs, and has seen nothing of them."""
    private, socket, port = Ed25519PrivateKey.generate(), folder / "agent", free_port()
    file = folder / "witness.pem"
    file.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    file.chmod(0o600)
    _know(folder / "witness.db", logs)
    with _process("ssh-agent", "-D", "-a", socket) as agent:
        _wait(agent, socket.exists)
        subprocess.run(["ssh-add", "-q", file], env={"SSH_AUTH_SOCK": str(socket)}, check=True, timeout=30)
        public = private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).split()[1]
        print_of = base64.b64encode(hashlib.sha256(base64.b64decode(public)).digest()).decode().rstrip("=")
        command = (
            go_tool(LITEWITNESS), "-name", NAME, "-db", folder / "witness.db", "-ssh-agent", socket,
            "-key", f"SHA256:{print_of}", "-listen", f"127.0.0.1:{port}",
        )  # fmt: skip
        made = Witness(
            f"http://127.0.0.1:{port}", VerifierKey(NAME, COSIGNATURE, private.public_key().public_bytes_raw())
        )
        with _process(*command) as witness:
            _wait(witness, lambda: _answers(made))
            yield made


def _know(path: Path, logs: Sequence[VerifierKey]) -> None:
    """What its companion `witnessctl` writes, one of whose modules cannot be had everywhere."""
    with sqlite3.connect(path) as database:
        database.executescript(
            "CREATE TABLE log (origin TEXT PRIMARY KEY, tree_size INTEGER NOT NULL, tree_hash TEXT NOT NULL);"
            "CREATE TABLE key (origin TEXT NOT NULL, key TEXT NOT NULL, FOREIGN KEY(origin) REFERENCES log(origin));"
        )
        for key in logs:
            database.execute("INSERT INTO log VALUES (?, 0, ?)", (key.name, EMPTY))
            database.execute("INSERT INTO key VALUES (?, ?)", (key.name, str(key)))
    database.close()


@contextmanager
def _process(*words: object) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([str(word) for word in words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def _wait(process: subprocess.Popen[bytes], true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert process.poll() is None, f"{process.args!r} has ended"
        assert time.monotonic() < end, f"{process.args!r} is not ready"
        time.sleep(0.05)


def _answers(witness: Witness) -> bool:
    try:
        return witness.ask(0, (), "")[0] >= 400
    except OSError:
        return False
