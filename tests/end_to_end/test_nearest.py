"""Which server a client asks: the nearest that is up to date, found by hints or named by the user; and who may be one."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.federation.sources import may_be_asked
from ebpfhub.schemas.exit_codes import EXIT_CODES

from ..hubs import Ecli, Reply, RunningHub, free_port
from ..mirrors import Mirror, mirror_of, publish_versions, size_of
from ..relay import Relay
from .machine import Opener, rows


@pytest.fixture(scope="module")
def mirror(hub: RunningHub, publisher: Ecli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mirror]:
    """A serving mirror of the shared hub, which announced itself there."""
    made = mirror_of(hub, tmp_path_factory.mktemp("nearest") / "mirror")
    made.wait(size_of(hub))
    yield made
    made.hub.stop()


@pytest.fixture(scope="module")
def far(hub: RunningHub) -> Iterator[Relay]:
    """The origin, far away."""
    with Relay(hub.port, seconds=0.15).running() as relay:
        yield relay


@pytest.fixture
def distant(far: Relay, hub: RunningHub, mirror: Mirror, tmp_path: Path) -> Ecli:
    """A user far from the origin and near to the mirror, whom the origin told of it."""
    ecli = Ecli(tmp_path / "distant")
    ecli.run("trust", "add", far.url, "--fingerprint", hub.fingerprint)
    return ecli


def test_the_origin_lists_who_mirrors_it(hub: RunningHub, mirror: Mirror, distant: Ecli) -> None:
    listed = hub.ask("/.well-known/ebpfhub.json").json()["mirrors"]
    assert mirror.hub.url in [item["url"] for item in listed]
    (pin,) = distant.json("trust", "list")
    assert mirror.hub.url in pin["mirrors"]


def test_a_run_takes_the_nearest_server_and_says_why(distant: Ecli, far: Relay, mirror: Mirror, opener: Opener) -> None:
    done = distant.run("run", "--verify", "--max-events", 1, "--timeout", "60s", "opensnoop", "--pid", opener.pid)
    first = done.stderr.splitlines()[0]
    assert first.startswith(f"ecli: taking the mirror {mirror.hub.url}: ")
    assert " ms" in first
    assert far.url in first
    assert "verified hub.test/library/opensnoop:latest" in done.stderr
    assert len(rows(done.stdout)) == 1
    assert not far.count("/blobs/"), "blobs came from far away"


def test_the_table_shows_what_the_choice_is_made_from(
    distant: Ecli, far: Relay, mirror: Mirror, hub: RunningHub
) -> None:
    table = {item["url"]: item for item in distant.json("mirrors")}
    near, origin = table[mirror.hub.url], table[far.url]
    assert (near["origin"], near["mirror"], near["state"], near["chosen"]) == (hub.origin, True, "ok", True)
    assert (origin["mirror"], origin["state"], origin["chosen"], origin["error"]) == (False, "ok", False, None)
    assert near["milliseconds"] < origin["milliseconds"]
    assert near["size"] == origin["size"] == size_of(hub)
    lines = distant.run("mirrors").stdout.splitlines()
    assert lines[0].split() == ["ORIGIN", "SERVER", "KIND", "TIME", "ENTRIES", "STATE"]
    assert [line for line in lines if line.startswith("*")] == [line for line in lines if mirror.hub.url in line]


def test_the_origin_is_taken_when_it_is_nearer(hub: RunningHub, mirror: Mirror, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "near")
    with Relay(mirror.hub.port, seconds=0.2).running() as slow:
        ecli.run("trust", "add", slow.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
        ecli.trust(hub)
        ecli.run("pull", "opensnoop")
        assert not slow.count("/blobs/")


def test_without_the_origin_a_new_home_works_from_the_mirror_alone(
    hub: RunningHub, mirror: Mirror, tmp_path: Path, opener: Opener
) -> None:
    ecli = Ecli(tmp_path / "alone")
    words = ("trust", "add", mirror.hub.url, "--origin", hub.origin)
    wrong = ecli.run(*words, "--fingerprint", "0" * 64, expect=EXIT_CODES["not-trusted"])
    assert hub.fingerprint in wrong.stderr
    assert ecli.json("trust", "list") == []
    ecli.run(*words, "--fingerprint", hub.fingerprint)
    done = ecli.run("run", "--verify", "--max-events", 1, "--timeout", "60s", "opensnoop", "--pid", opener.pid)
    assert "verified hub.test/library/opensnoop" in done.stderr
    # the origin's address is known too, but nobody answers there
    dead = f"http://127.0.0.1:{free_port()}"
    pins = ecli.home / "origins" / f"{hub.origin}.json"
    document = json.loads(pins.read_text())
    document["places"].append({"url": dead, "mirror": False, "hint": False})
    pins.write_text(json.dumps(document))
    done = ecli.run("pull", "opensnoop")
    assert f"taking the mirror {mirror.hub.url}" in done.stderr
    (down,) = [item for item in ecli.json("mirrors") if item["url"] == dead]
    assert (down["state"], down["chosen"], down["size"]) == ("failed", False, None)


def test_a_mirror_that_is_behind_is_skipped(
    hub: RunningHub, mirror: Mirror, far: Relay, package: Path, tmp_path: Path
) -> None:
    first = mirror.hub.ask(f"{mirror.path}/checkpoint").body

    def stale(path: str, reply: Reply) -> Reply:
        return replace(reply, body=first) if "/checkpoint" in path else reply

    with Relay(mirror.hub.port, change=stale).running() as behind:
        ecli = Ecli(tmp_path / "behind")
        ecli.run("trust", "add", far.url, "--fingerprint", hub.fingerprint)
        ecli.run("trust", "add", behind.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
        publish_versions(hub, package, ["0.1.3-nearest"])
        mirror.wait(size_of(hub))
        table = {item["url"]: item for item in ecli.json("mirrors")}
        assert (table[behind.url]["state"], table[behind.url]["chosen"]) == ("behind", False)
        assert "installed" in ecli.run("pull", "opensnoop:0.1.3-nearest").stdout


def test_a_mirror_that_has_not_heard_of_a_release_does_not_hide_it(
    hub: RunningHub, far: Relay, package: Path, tmp_path: Path
) -> None:
    with Relay(hub.port).running() as line:
        made = mirror_of(hub, tmp_path / "late", url=line.url, name="late.test")
        line.change = lambda _path, _reply: None
        publish_versions(hub, package, ["0.1.4-unheard"])
        ecli = Ecli(tmp_path / "home")
        ecli.run("trust", "add", made.hub.url, "--origin", hub.origin, "--fingerprint", hub.fingerprint)
        done = ecli.run("pull", "opensnoop:0.1.4-unheard", expect=EXIT_CODES["not-found"])
        assert "no version or tag" in done.stderr
        ecli.run("trust", "add", far.url, "--fingerprint", hub.fingerprint)
        assert "installed" in ecli.run("pull", "opensnoop:0.1.4-unheard").stdout
        made.hub.stop()


def test_only_a_mirror_of_this_log_is_listed(hub: RunningHub, mirror: Mirror, tmp_path: Path) -> None:
    before = hub.ask("/.well-known/ebpfhub.json").json()["mirrors"]

    def announce(url: object, at: RunningHub = hub) -> Reply:
        body = json.dumps({"url": url}).encode()
        return at.ask("/api/v1/mirrors", method="POST", body=body, headers={"Content-Type": "application/json"})

    again = announce(mirror.hub.url)
    assert (again.status, again.json()["url"]) == (201, mirror.hub.url)
    with Relay(hub.port).running() as own:
        # the origin's own checkpoint, in a mirror's place: nobody else has cosigned it
        own.change = lambda path, reply: Reply(200, {}, hub.ask("/log/checkpoint").body)
        assert announce(own.url).status == 403
    dead = f"http://127.0.0.1:{free_port()}"
    answers = {announce(url).text.replace(url, "") for url in (dead, hub.url)}
    assert len(answers) == 1, f"what answers there is told to strangers: {answers}"
    for url in (
        f"{mirror.hub.url}/?x=", f"{mirror.hub.url}#x", "http://10.0.0.1:8801", "file:///etc/passwd", "ftp://x.test",
        "http://user:pass@127.0.0.1", "http://", "x" * 2000, 7, None, ["http://127.0.0.1"],
    ):  # fmt: skip
        assert 400 <= announce(url).status < 500, url
    for body in (b"", b"{}", b"[]", b"{" * 5000, b"\xff"):
        assert hub.ask("/api/v1/mirrors", method="POST", body=body).status == 400
    after = hub.ask("/.well-known/ebpfhub.json").json()["mirrors"]
    assert {item["url"] for item in after} == {item["url"] for item in before}


def test_a_public_hub_asks_nothing_of_its_own_machine(mirror: Mirror, tmp_path: Path) -> None:
    """Behind a proxy every stranger comes from loopback."""
    public = RunningHub.make(tmp_path / "public", "--public-url", "https://hub.example.org", origin="hub.example.org")
    public.url = f"http://127.0.0.1:{public.port}"
    with public.serving(), Relay(mirror.hub.port).running() as inside:
        body = json.dumps({"url": inside.url}).encode()
        answer = public.ask("/api/v1/mirrors", method="POST", body=body, headers={"Content-Type": "application/json"})
        assert answer.status == 403
        assert inside.seen == []


def test_a_hub_elsewhere_does_not_send_clients_to_their_own_machine() -> None:
    assert may_be_asked("https://mirror.example.org", by="https://hub.example.org")
    assert may_be_asked("http://127.0.0.1:8802", by="http://127.0.0.1:8801")
    for hint in ("http://127.0.0.1:631", "https://localhost", "http://[::1]:80", "http://10.0.0.1", "nonsense"):
        assert not may_be_asked(hint, by="https://hub.example.org")


def test_many_slow_announcements_do_not_hold_up_the_hub(hub: RunningHub, mirror: Mirror) -> None:
    with Relay(mirror.hub.port, seconds=2.0).running() as slow:
        body = json.dumps({"url": slow.url}).encode()
        statuses: list[int] = []

        def announce() -> None:
            statuses.append(hub.ask("/api/v1/mirrors", method="POST", body=body).status)

        threads = [threading.Thread(target=announce) for _ in range(12)]
        for thread in threads:
            thread.start()
        assert hub.ask("/readyz").status == 200
        for thread in threads:
            thread.join()
        assert len(slow.seen) <= 8
        assert statuses.count(502) >= 4
