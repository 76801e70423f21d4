"""A closed hub, its mirror and its clients, as processes: without a login nothing is told, not even what there is."""

from __future__ import annotations

import hashlib
import json
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..hubs import ADMIN, BIN, Ecli, Reply, RunningHub, build_opensnoop, ebpfhub
from .machine import refused
from .test_rights import close

BROWSER = {"Accept": "text/html"}
THERE = (
    "/",
    "/packages",
    "/packages?q=opensnoop",
    "/packages/library/opensnoop",
    "/packages/library/opensnoop/0.1.0",
    "/docs",
    "/federation",
    "/log/checkpoint",
    "/log/tile/entries/000.p/1",
    "/index/package/library/opensnoop",
    "/origin",
    "/api/v1/search?q=opensnoop",
    "/api/v1/openapi.json",
    "/.well-known/ebpfhub.json",
    "/v2/library/opensnoop/manifests/latest",
    "/v2/library/opensnoop/tags/list",
    "/sigstore/trusted_root.json",
    "/sigstore/rekor/api/v2/checkpoint",
)
PROGRAMS = ("/log", "/index", "/origin", "/api", "/.well-known", "/v2", "/sigstore", "/mirror", "/trust")
NOT_THERE = (
    "/packages/library/nothing",
    "/packages/library/opensnoop/9.9.9",
    "/log/tile/entries/999",
    "/index/package/library/nothing",
    f"/mirror/{'0' * 64}/checkpoint",
    "/trust/" + "0" * 64,
    "/v2/library/nothing/manifests/latest",
    "/v2/other.example.org/library/x/tags/list",
    "/v2/nonsense",
    "/no/such/address",
    "/packages/../origin",
)


@dataclass(frozen=True, slots=True)
class Closed:
    """A closed hub with a release, and somebody who may read."""

    hub: RunningHub
    token: str

    def ask(self, path: str, *, method: str = "GET", browser: bool = False, known: bool = False) -> Reply:
        headers = dict(BROWSER) if browser else {}
        return self.hub.ask(
            path, method=method, headers=headers | ({"Authorization": f"Bearer {self.token}"} if known else {})
        )


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Closed]:
    folder = tmp_path_factory.mktemp("closed")
    package = build_opensnoop(folder)
    hub = RunningHub.make(folder / "hub", "--plain")
    close(hub)
    with hub.serving():
        admin = Ecli(folder / "admin")
        admin.login(hub, hub.token(ADMIN, role="admin"))
        admin.publish(hub, package)
        yield Closed(hub, hub.token("reader@example.org", role="reader"))


@pytest.mark.parametrize("browser", [False, True], ids=["program", "browser"])
def test_without_a_login_what_is_there_looks_like_what_is_not(closed: Closed, browser: bool) -> None:
    seen = set()
    for path in (*THERE, *NOT_THERE):
        for method in ("GET", "POST", "DELETE"):
            answer = closed.ask(path, method=method, browser=browser)
            if browser and method == "GET" and not path.startswith(PROGRAMS):
                told = (303, "/login/?next=" + urllib.parse.quote(path, safe=""))
                assert (answer.status, answer.headers["location"]) == told, path
            else:
                assert answer.status == 401, (method, path)
            assert not [word for word in ("opensnoop", "0.1.0", "library") if word in answer.text], (method, path)
            if not path.startswith("/v2"):
                seen.add(answer.body)
    assert len(seen) == (3 if browser else 1)  # programs have one answer; people a page, or the way to the sign-in


def test_whoever_may_read_gets_the_same_as_on_an_open_hub_and_no_cache_keeps_it(closed: Closed) -> None:
    for path in THERE:
        answer = closed.ask(path, known=True)
        assert answer.status == 200, path
        assert "public" not in answer.headers["cache-control"] and "private" in answer.headers["cache-control"], path
    for path in NOT_THERE:
        if not path.startswith("/index/"):  # which proves that there is none
            assert closed.ask(path, known=True).status in (400, 404), path


def test_health_and_the_way_in_stay_open_and_tell_nothing(closed: Closed) -> None:
    assert closed.ask("/healthz").json() == closed.ask("/readyz").json() == {"status": "ok"}
    assert closed.ask("/v2/token").status == 200
    page = closed.ask("/", method="POST", browser=True).text
    style = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert closed.ask(style).status == 200
    assert closed.ask("/static/nothing.css").status == 404
    ping = closed.ask("/v2/")
    assert ping.status == 401 and ping.headers["www-authenticate"].startswith("Bearer realm=")
    anonymous = json.loads(closed.ask("/v2/token?scope=repository:library/opensnoop:pull").body)["token"]
    headers = {"Authorization": f"Bearer {anonymous}"}
    assert closed.hub.ask("/v2/library/opensnoop/tags/list", headers=headers).status == 401
    assert closed.hub.ask("/v2/", headers=headers).status == 401


def test_client_needs_a_login_and_then_all_is_as_ever(closed: Closed, tmp_path: Path) -> None:
    hub, user = closed.hub, Ecli(tmp_path / "user")
    pin = ("trust", "add", hub.url, "--fingerprint", hub.fingerprint)
    refused(user, *pin, kind="denied", says="ecli login")
    user.login(hub, closed.token)
    user.run(*pin)
    assert user.json("search", "opensnoop")[0]["name"] == "opensnoop"
    user.run("pull", "opensnoop")
    told = user.json("verify", "opensnoop")
    assert told["publisher"].startswith(ADMIN)
    user.run("logout", hub.url)
    refused(user, "search", "opensnoop", kind="denied", says="login")


def test_mirror_of_a_closed_hub_needs_a_token_and_is_closed_itself(closed: Closed, tmp_path: Path) -> None:
    hub, mirror = closed.hub, RunningHub.make(tmp_path / "mirror", origin="mirror.test")
    words = ("mirror", "add", mirror.folder, hub.url, "--fingerprint", hub.fingerprint)
    assert "login" in ebpfhub(*words, expect=7).stderr
    token = hub.token("mirror@example.org", role="reader")
    assert "this hub is open" in _with_token(words, token).stderr
    close(mirror)
    done = _with_token(words, token)
    assert done.returncode == 0, done.stderr
    file = mirror.folder / "keys" / "peers" / "hub.test.token"
    assert file.stat().st_mode & 0o777 == 0o600
    with mirror.serving():
        below = f"/mirror/{hashlib.sha256(b'hub.test').hexdigest()}/checkpoint"
        assert mirror.ask(below).status == 401
        user = Ecli(tmp_path / "user")
        user.login(mirror, mirror.token("user@example.org", role="reader"))
        user.run("trust", "add", mirror.url, "--origin", "hub.test", "--fingerprint", hub.fingerprint)
        user.run("pull", "hub.test/library/opensnoop")
        ebpfhub("token", "revoke", hub.folder, token.split("_")[1])
        assert "login" in ebpfhub("mirror", "sync", mirror.folder, expect=5).stderr
        file.write_text(hub.token("mirror@example.org", role="reader"))
        ebpfhub("mirror", "sync", mirror.folder)
        file.chmod(0o644)
        assert "others can read this key" in ebpfhub("mirror", "sync", mirror.folder, expect=5).stderr
    assert token not in mirror.log.read_text() and token not in hub.log.read_text()


def test_token_of_one_hub_is_not_shown_to_another_that_asks_for_it(closed: Closed, tmp_path: Path) -> None:
    thief = RunningHub.make(tmp_path / "thief", origin="thief.test")
    close(thief)
    with thief.serving():
        user = Ecli(tmp_path / "user")
        user.login(closed.hub, closed.token)
        refused(
            user, "trust", "add", thief.url, "--fingerprint", thief.fingerprint, kind="denied", says="needs a login"
        )


def test_tokens_are_neither_in_the_process_list_nor_in_the_log(closed: Closed, tmp_path: Path) -> None:
    user, secret = Ecli(tmp_path / "user"), closed.token
    user.login(closed.hub, secret)
    process = subprocess.Popen(
        [BIN / "ecli", "trust", "add", closed.hub.url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={"ECLI_HOME": str(user.home), "PATH": "/usr/bin"},
    )  # fmt: skip
    try:
        seen = ""
        while process.poll() is None and "trust" not in seen:
            place = Path(f"/proc/{process.pid}")
            seen = (place / "cmdline").read_text() + (place / "environ").read_text()
            time.sleep(0.01)
        assert secret not in seen
    finally:
        process.kill()
        process.communicate()
    assert secret not in closed.hub.log.read_text()
    assert (user.home / "credentials.json").stat().st_mode & 0o777 == 0o600


def _with_token(words: tuple[object, ...], token: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "ebpfhub", *map(str, words), "--token-stdin"],
        input=token + "\n", check=False, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
