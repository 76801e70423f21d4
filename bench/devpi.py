"""devpi, a package index for Python with replicas: installed in the benchmark's folder, served on loopback, filled."""

from __future__ import annotations

import base64
import http.client
import io
import json
import random
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from ..tests.hubs import free_port

_USER = "root"  # the one that devpi begins with, without a password
INDEX = f"/{_USER}/dev"
VERSION = "1.0.0"
WAIT_SECONDS = 180.0
_BOUNDARY = "c6d1f0a2b7"


@dataclass(slots=True)
class Devpi:
    """One devpi server. `primary` is the address of the one that it replicates, or empty."""

    programs: Path
    folder: Path
    port: int
    primary: str = ""
    _login: str = ""

    @classmethod
    def make(cls, programs: Path, folder: Path, *, primary: str = "") -> Devpi:
        """A new server's folder; `programs` is where devpi is installed."""
        role = ["--role", "replica", "--primary-url", primary] if primary else ["--no-root-pypi"]
        _run(programs / "devpi-init", "--serverdir", folder, *role)
        return cls(programs, folder, free_port(), primary)

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Serve for the length of a block; ready when it begins, unless it is a replica, which says nothing of that."""
        flags: list[str | Path] = [
            "--serverdir",
            self.folder,
            "--port",
            str(self.port),
            "--secretfile",
            self.programs / "secret",
        ]
        flags += ["--primary-url", self.primary] if self.primary else ["--role", "primary"]
        with self.folder.with_suffix(".log").open("ab") as log:
            process = subprocess.Popen([self.programs / "devpi-server", *flags], stdout=log, stderr=log)
        try:
            if not self.primary:
                _wait(self._answers)
            yield
        finally:
            process.terminate()
            process.wait()

    def wait_for_files(self, count: int) -> None:
        """Wait until that many files of packages lie in its folder."""
        _wait(lambda: sum(1 for _ in (self.folder / "+files").rglob("*.whl")) >= count)

    def upload(self, name: str, size: int) -> None:
        """Upload a wheel with so many random bytes in it."""
        file = _wheel(name, size)
        fields = {":action": "file_upload", "protocol_version": "1", "metadata_version": "2.1", "name": name}
        fields |= {"version": VERSION, "filetype": "bdist_wheel", "pyversion": "py3"}
        parts = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}' for key, value in fields.items()]
        body = "".join(f"--{_BOUNDARY}\r\n{part}\r\n" for part in parts).encode()
        named = f'name="content"; filename="{_file_name(name)}"\r\nContent-Type: application/zip'
        body += f"--{_BOUNDARY}\r\nContent-Disposition: form-data; {named}\r\n\r\n".encode() + file
        body += f"\r\n--{_BOUNDARY}--\r\n".encode()
        self._ask("POST", INDEX + "/", body, f"multipart/form-data; boundary={_BOUNDARY}")

    def make_index(self) -> None:
        """Log in, and make the index that packages are uploaded to."""
        login = json.dumps({"user": _USER, "password": ""}).encode()
        token = json.loads(self._ask("POST", "/+login", login))["result"]["password"]
        self._login = base64.b64encode(f"{_USER}:{token}".encode()).decode()
        document = json.dumps({"bases": [], "volatile": True}).encode()
        self._ask("PUT", INDEX, document)

    def _answers(self) -> bool:
        try:
            self._ask("GET", "/+api")
        except OSError:
            return False
        return True

    def _ask(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Accept": "application/json", "Content-Type": kind, "X-Devpi-Auth": self._login}
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            data = answer.read()
            assert answer.status in (200, 201), f"devpi answers {answer.status}: {data[:500]!r}"
            return data
        finally:
            connection.close()


@cache
def filled(folder: Path, *, packages: int, size: int) -> Devpi:
    """The one primary in `folder`, for all rows that need it, with so many packages of so many bytes. Not serving."""
    folder.mkdir()
    print("installing devpi …", file=sys.stderr)
    venv.create(folder / "venv", with_pip=True)
    programs = folder / "venv" / "bin"
    _run(programs / "pip", "install", "--quiet", "--disable-pip-version-check", "devpi-server")
    _run(programs / "devpi-gen-secret", "--secretfile", programs / "secret")
    made = Devpi.make(programs, folder / "primary")
    with made.serving():
        made.make_index()
        for number in range(packages):
            made.upload(name_of(number), size)
    return made


def name_of(number: int) -> str:
    """The name of a package."""
    return f"tool{number}"


def path_of(name: str) -> str:
    """The path of a package's page, which names its file and the file's digest."""
    return f"{INDEX}/+simple/{name}/"


def _file_name(name: str) -> str:
    return f"{name}-{VERSION}-py3-none-any.whl"


def _wheel(name: str, size: int) -> bytes:
    made, about = io.BytesIO(), f"{name}-{VERSION}.dist-info"
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(f"{name}.bin", random.Random(name).randbytes(size))
        file.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {VERSION}\n")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
    return made.getvalue()


def _run(*command: object) -> None:
    done = subprocess.run([str(word) for word in command], check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{command[0]} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"


def _wait(true: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not true():
        assert time.monotonic() < end, "devpi was not ready in time"
        time.sleep(0.05)
