"""Whatever stands between client and hub may lie: each lie is refused with its own message, and nothing is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ebpfhub.schemas.digest import Digest

from ..hubs import ADMIN, Ecli, RunningHub
from ..liar import (
    Answer,
    Liar,
    changed_byte,
    cut,
    dripping,
    endless,
    instead,
    refusing,
    replaced,
    shortened,
    silent,
)
from .machine import refused

RUN = ("run", "--verify", "opensnoop")
ANSWER = "/index/package/library/opensnoop:latest"
CHECKPOINT = "/log/checkpoint"


@dataclass(frozen=True, slots=True)
class Between:
    """A reader with a liar between them and the hub, and what the release consists of."""

    ecli: Ecli
    liar: Liar
    manifest: str
    layer: str
    bundle: str


@pytest.fixture(scope="module")
def release(reader_once: Ecli) -> dict[str, str]:
    return reader_once.json("verify", "opensnoop")  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def reader_once(hub: RunningHub, publisher: Ecli, tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    ecli = Ecli(tmp_path_factory.mktemp("once") / "home")
    ecli.trust(hub)
    return ecli


@pytest.fixture
def between(hub: RunningHub, release: dict[str, str], tmp_path: Path) -> Iterator[Between]:
    """A new reader for whom the liar is the hub."""
    manifest = release["manifest"]
    parts = json.loads(hub.blob(manifest).read_bytes())
    layer = next(item["digest"] for item in parts["layers"] if "bpf" in item["mediaType"])
    referrers = hub.ask(f"/v2/library/opensnoop/referrers/{manifest}").json()["manifests"]
    ecli = Ecli(tmp_path / "home")
    with Liar.before(hub.url) as liar:
        ecli.run("trust", "add", liar.url, "--fingerprint", hub.fingerprint)
        yield Between(ecli, liar, manifest, layer, referrers[0]["digest"])


def test_without_a_lie_everything_is_well(between: Between) -> None:
    between.ecli.run("run", "--timeout", "10ms", "--verify", "opensnoop")


def test_every_changed_answer_is_refused_with_a_message_of_its_own(hub: RunningHub, between: Between) -> None:
    """One byte of each thing that a client fetches; and a manifest that comes with the digest that it really has."""
    forged = json.loads(between_manifest := hub.blob(between.manifest).read_bytes())
    forged["annotations"] = {"changed": "yes"}
    body = json.dumps(forged).encode()

    def forge(_request: object, answer: Answer) -> Answer:
        headers = answer.headers | {"Docker-Content-Digest": str(Digest.of(body))}
        return replace(answer, headers=headers, body=body)

    assert between_manifest
    lies = {
        "the blob's byte": (f"blobs/{between.layer}", changed_byte, "not-trusted", f"blob {between.layer}"),
        "the manifest's byte": (
            f"manifests/{between.manifest}",
            changed_byte,
            "not-trusted",
            "manifest .* other bytes",
        ),
        "the manifest and its digest": (
            f"manifests/{between.manifest}",
            forge,
            "not-trusted",
            "manifest .* other bytes",
        ),
        "the bundle's manifest": (f"manifests/{between.bundle}", changed_byte, "not-trusted", between.bundle),
        "the trusted root": ("/trust/", changed_byte, "not-trusted", "trusted root"),
        "a short blob": (f"blobs/{between.layer}", shortened, "not-trusted", f"blob {between.layer}"),
        "an empty answer": (ANSWER, replaced(b""), "bad-input|not-trusted", ""),
        "a short answer": (ANSWER, shortened, "bad-input|not-trusted", ""),
        "an answer of noise": (ANSWER, replaced(bytes(range(256)) * 8), "bad-input", ""),
        "a page instead of the answer": (ANSWER, replaced(b"<html>login</html>"), "bad-input", ""),
        "a page instead of the note": ("/origin", replaced(b"<html>login</html>"), "bad-input", ""),
    }
    for name, (pattern, lie, kinds, says) in lies.items():
        between.liar.lies = {pattern: lie}
        said = _refused_as(between.ecli, kinds, says)
        assert said, name
    for pattern in ("/origin", ANSWER):
        between.liar.lies = {pattern: changed_byte}
        _refused_as(between.ecli, "bad-input|not-trusted", "")


def test_an_older_view_than_was_seen_is_a_rollback(
    hub: RunningHub, publisher: Ecli, package: Path, between: Between
) -> None:
    """A client that saw more entries than it is shown now says so, whichever answer is the old one."""
    between.ecli.run("verify", "opensnoop")
    recorded = dict(between.liar.heard)
    publisher.publish(hub, package, "--version", "0.1.3-newer")
    between.ecli.run("verify", "opensnoop")
    old = next(answer for path, answer in recorded.items() if ANSWER in path)
    between.liar.lies = {ANSWER: instead(old), CHECKPOINT: instead(recorded[CHECKPOINT])}
    between.ecli.run("run", "--timeout", "10ms", "opensnoop")  # the receipt is young: nobody is asked
    refused(between.ecli, "run", "--refresh", "opensnoop", kind="not-trusted", says="seen before")
    between.liar.lies = {ANSWER: instead(old)}
    refused(between.ecli, "run", "--refresh", "opensnoop", kind="not-trusted", says="seen before|consist")


def test_the_answer_for_another_name_or_version_is_refused(
    hub: RunningHub, publisher: Ecli, package: Path, between: Between
) -> None:
    publisher.publish(hub, package, "--version", "0.1.2-swapped")
    other = hub.ask("/index/package/library/opensnoop:0.1.2-swapped?from=0")
    between.liar.lies = {ANSWER: replaced(other.body)}
    _refused_as(between.ecli, "not-trusted|not-found", "")
    absent = hub.ask("/index/package/library/nosuch:latest?from=0")
    between.liar.lies = {ANSWER: replaced(absent.body)}
    _refused_as(between.ecli, "not-trusted", "")


def test_the_note_and_log_of_another_hub_are_refused(
    hub: RunningHub, package: Path, between: Between, tmp_path: Path
) -> None:
    """Another hub of the same name, with keys of its own, that has released the same package."""
    forged = RunningHub.make(tmp_path / "forged", origin=hub.origin)
    with forged.serving():
        author = Ecli(tmp_path / "author")
        author.login(forged, forged.token(ADMIN, role="admin"))
        author.publish(forged, package)
        note = forged.ask("/origin").body
        answer = forged.ask(ANSWER + "?from=0").body
    between.liar.lies = {"/origin": replaced(note)}
    first = refused(between.ecli, *RUN, kind="not-trusted", says="key|fingerprint")
    between.liar.lies = {ANSWER: replaced(answer)}
    second = refused(between.ecli, *RUN, kind="not-trusted", says="sign|key")
    between.liar.lies = {"/origin": replaced(note), ANSWER: replaced(answer)}
    refused(between.ecli, *RUN, kind="not-trusted", says="key|fingerprint")
    assert first != second
    said = refused(between.ecli, "trust", "add", between.liar.url, "--yes", kind="conflict", says="another key")
    assert hub.fingerprint in said


def test_redirects_are_not_followed(hub: RunningHub, between: Between) -> None:
    for status in (301, 302, 307, 308):
        between.liar.lies = {f"blobs/{between.layer}": refusing(status, Location=f"{hub.url}/v2/elsewhere")}
        _refused_as(between.ecli, "peer-failed", f"{status}")
    assert not [path for path in between.liar.asked if "elsewhere" in path]


def test_a_login_is_not_sent_where_a_redirect_points(hub: RunningHub, package: Path, tmp_path: Path) -> None:
    ecli = Ecli(tmp_path / "home")
    with Liar.before(hub.url) as first, Liar.before(hub.url) as second:
        ecli.run("login", first.url, "--token-stdin", input=hub.token("moved@example.org") + "\n")
        first.lies = {"/": refusing(307, Location=second.url + "/sigstore/oidc/token")}
        words = ("publish", package, "--to", first.url, "--namespace", "moved")
        refused(ecli, *words, kind="peer-failed", says="307")
        assert second.asked == []


def test_a_server_that_breaks_off_or_says_no_is_told(between: Between) -> None:
    for pattern in (CHECKPOINT, "/origin", ANSWER, f"manifests/{between.manifest}", f"blobs/{between.layer}"):
        between.liar.lies = {pattern: cut}
        _refused_as(between.ecli, "peer-failed", between.liar.url)
    for status, kind in ((500, "peer-failed"), (503, "unavailable"), (404, "not-found"), (403, "denied")):
        between.liar.lies = {f"blobs/{between.layer}": refusing(status)}
        _refused_as(between.ecli, kind, f"{status}")


def test_endless_answers_are_cut_off(between: Between) -> None:
    """Each kind of answer has its own limit, and none is read into memory without one."""
    for pattern in (
        CHECKPOINT,
        "/origin",
        ANSWER,
        "/trust/",
        f"manifests/{between.manifest}",
        f"blobs/{between.layer}",
    ):
        between.liar.lies = {pattern: endless}
        _refused_as(between.ecli, "peer-failed", "allowed")
    between.liar.lies = {"/api/v1/search": endless}
    refused(between.ecli, "search", "opensnoop", kind="peer-failed", says="allowed")


def test_slow_and_silent_servers_do_not_hold_a_client_for_long(between: Between, tmp_path: Path) -> None:
    """Slow loris: bytes come, but so slowly that the user would wait for an hour. All at once, to save the test's time."""
    patterns = ["/origin", ANSWER, f"manifests/{between.manifest}", f"blobs/{between.layer}"]
    with ThreadPoolExecutor(2 * len(patterns)) as pool:
        jobs = [
            pool.submit(_slow, between, pattern, lie, tmp_path) for pattern in patterns for lie in (dripping, silent)
        ]
        for job in jobs:
            job.result()


def _slow(between: Between, pattern: str, lie: object, folder: Path) -> None:
    with Liar.before(between.liar.hub) as liar:
        liar.lies = {pattern: lie}  # type: ignore[dict-item]
        pins = (between.ecli.home / "origins" / "hub.test.json").read_text()
        ecli = Ecli(folder / f"slow-{liar.url.rpartition(':')[2]}")
        (ecli.home / "origins").mkdir(parents=True)
        (ecli.home / "origins" / "hub.test.json").write_text(pins.replace(between.liar.url, liar.url))
        (ecli.home / "default-origin").write_text("hub.test")
        refused(ecli, *RUN, kind="peer-failed", says="in time")


def _refused_as(ecli: Ecli, kinds: str, says: str) -> str:
    """Refused as one of several kinds."""
    problems = []
    for kind in kinds.split("|"):
        try:
            return refused(ecli, *RUN, kind=kind, says=says)
        except AssertionError as error:
            problems.append(str(error))
            if "exit code" not in str(error):
                raise
    raise AssertionError("\n".join(problems))
