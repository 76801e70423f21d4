"""Real hubs and clients for tests: processes of `ebpfhub serve`, and homes of `ecli`, on loopback. Nothing is mocked.

hub = RunningHub.make(tmp_path / "hub")          # init, not yet serving
with hub.serving():
    ecli = Ecli(tmp_path / "home")
    ecli.login(hub, hub.token("admin@example.org", role="admin"))
    ecli.run("publish", package, "--to", hub.url)
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BIN = Path(sys.executable).parent
OPENSNOOP = Path(__file__).parent / "packages" / "opensnoop"
START_SECONDS = 60.0  # until a hub answers, on a busy machine
COMMAND_SECONDS = 120.0
ADMIN = "admin@example.org"
PREDICATE = "dev.sigstore.bundle.predicateType"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a hub answered. Header names are in lower case; of several of one name, the last."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode()

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


def free_port() -> int:
    """A port of loopback that nothing listens on now."""
    with socket.socket() as found:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(slots=True)
class RunningHub:
    """One hub in `folder`. It may be started, stopped and killed again and again; it keeps its port."""

    folder: Path
    origin: str
    url: str
    fingerprint: str
    port: int
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def make(cls, folder: Path, *flags: str, origin: str = "hub.test", authority: bool = True) -> RunningHub:
        """`ebpfhub init` with a free port; `flags` are more options of it."""
        port = free_port()
        more = ["--authority", *flags] if authority else list(flags)
        told = ebpfhub("init", folder, "--origin", origin, "--listen", f"127.0.0.1:{port}", "--json", *more)
        made = json.loads(told.stdout)
        return cls(folder, made["origin"], made["url"], made["fingerprint"], port)

    @property
    def log(self) -> Path:
        """What the process wrote to stdout and stderr, over all starts."""
        return self.folder.with_name(self.folder.name + ".log")

    def start(self, *, seconds: float = START_SECONDS) -> RunningHub:
        """Start `ebpfhub serve` and wait until it is ready, at most so long."""
        assert self.process is None, "it is running already"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([BIN / "ebpfhub", "serve", self.folder], stdout=log, stderr=log)
        end = time.monotonic() + seconds
        while not self._ready():
            code = self.process.poll()
            assert code is None, f"the hub ended with {code}:\n{self.log.read_text()}"
            assert time.monotonic() < end, f"the hub does not answer:\n{self.log.read_text()}"
            time.sleep(0.05)
        return self

    def stop(self) -> int:
        """SIGTERM, as an operator does; returns the exit code."""
        return self._end(signal.SIGTERM)

    def kill(self) -> int:
        """SIGKILL, as a power cut does; returns the exit code."""
        return self._end(signal.SIGKILL)

    @contextmanager
    def serving(self, *, seconds: float = START_SECONDS) -> Iterator[RunningHub]:
        """Start it for the length of a block; `seconds` as for `start`."""
        self.start(seconds=seconds)
        try:
            yield self
        finally:
            if self.process is not None:
                self.stop()

    def token(self, identity: str = ADMIN, *, role: str = "publisher") -> str:
        """`ebpfhub token create`, whether the hub is serving or not."""
        told = ebpfhub("token", "create", self.folder, "--identity", identity, "--role", role, "--json")
        return str(json.loads(told.stdout)["token"])

    def identity_token(self, identity: str = ADMIN) -> str:
        """An identity token of its authority, as a CI system would hold it: exchanged for a hub's token (RFC 8693)."""
        form = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "subject_token": self.token(identity),
            "subject_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "audience": "sigstore",
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        body = urllib.parse.urlencode(form).encode()
        answer = self.ask("/sigstore/oidc/token", method="POST", body=body, headers=headers)
        assert answer.status == 200, answer.text
        return str(json.loads(answer.body)["access_token"])

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Send one request; redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            answer = connection.getresponse()
            return Reply(answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def blob(self, digest: str) -> Path:
        """The file of a blob, for tests that damage it."""
        algorithm, _, hexed = digest.partition(":")
        return self.folder / "data" / "blobs" / algorithm / hexed[:2] / hexed

    def _ready(self) -> bool:
        try:
            return self.ask("/readyz").status == 200
        except OSError:
            return False

    def _end(self, number: signal.Signals) -> int:
        assert self.process is not None, "it is not running"
        self.process.send_signal(number)
        code = self.process.wait(timeout=COMMAND_SECONDS)
        self.process = None
        return code


@dataclass(frozen=True, slots=True)
class Ecli:
    """A user with a state folder of their own."""

    home: Path
    env: Mapping[str, str] = field(default_factory=dict)

    def run(self, *words: object, input: str = "", expect: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Run `ecli`; `expect` is the exit code that it must have, None for any."""
        env = {**os.environ, "ECLI_HOME": str(self.home), **self.env}
        done = subprocess.run(
            [BIN / "ecli", *map(str, words)],
            check=False, input=input, capture_output=True, text=True, env=env, timeout=COMMAND_SECONDS,
        )  # fmt: skip
        if expect is not None:
            assert done.returncode == expect, f"ecli {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def json(self, *words: object) -> Any:
        """Run `ecli … --json` and read what it prints."""
        return json.loads(self.run(*words, "--json").stdout)

    def trust(self, hub: RunningHub) -> None:
        """Pin a hub's origin."""
        self.run("trust", "add", hub.url, "--fingerprint", hub.fingerprint)

    def login(self, hub: RunningHub, token: str) -> None:
        """Log in with a token."""
        self.run("login", hub.url, "--token-stdin", input=token + "\n")

    def publish(self, hub: RunningHub, source: Path, *options: str) -> Any:
        """Publish a folder or package file; what `--json` tells: reference, digest, identity, log index."""
        return self.json("publish", source, "--to", hub.url, *options)


def ebpfhub(*words: object, expect: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run the `ebpfhub` command; `expect` is the exit code that it must have, None for any."""
    done = subprocess.run(
        [BIN / "ebpfhub", *map(str, words)], check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS
    )
    if expect is not None:
        assert done.returncode == expect, f"ebpfhub {words}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def build_opensnoop(folder: Path) -> Path:
    """Build tests/packages/opensnoop in `folder`: returns the package file, 0.1.0 in the namespace library."""
    ecli = Ecli(folder / "home")
    shutil.copytree(OPENSNOOP, folder / "opensnoop")
    ecli.run("build", folder / "opensnoop")
    return folder / "opensnoop" / "dist" / "opensnoop-0.1.0.bpf"


def signature_in(listed: Any) -> Any:
    """The descriptor of the bundle that signs a manifest, in a list of its referrers: not those over attestations."""
    kind = "https://sigstore.dev/cosign/sign/v1"
    found = [item for item in listed["manifests"] if item.get("annotations", {}).get(PREDICATE) == kind]
    assert len(found) == 1, listed
    return found[0]


@contextmanager
def hub_with_opensnoop(folder: Path, *flags: str, origin: str = "hub.test") -> Iterator[RunningHub]:
    """A serving hub on which `library/opensnoop` 0.1.0 is released by its first admin."""
    package = build_opensnoop(folder)
    hub = RunningHub.make(folder / "hub", *flags, origin=origin)
    with hub.serving():
        ecli = Ecli(folder / "home")
        ecli.login(hub, hub.token(ADMIN, role="admin"))
        ecli.publish(hub, package)
        yield hub
