"""How a hub stands among others, on its page and in the API: mirrors and their lag, cosigners, evidence, featured packages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...hubs import ADMIN, RunningHub, hub_with_opensnoop
from ...mirrors import Mirror, mirror_of, size_of, wait_until
from .document import Found

HEXED = "0123456789abcdef"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningHub, Mirror]]:
    folder = tmp_path_factory.mktemp("federation")
    with hub_with_opensnoop(folder) as hub:
        mirror = mirror_of(hub, folder / "mirror")
        mirror.wait(size_of(hub))
        yield hub, mirror
        if mirror.hub.process is not None:
            mirror.hub.stop()


def words(hub: RunningHub, path: str = "/federation") -> str:
    return Found.page(hub.ask(path, headers={"Accept": "text/html"}).text).one("main").words


def test_a_mirror_is_shown_with_its_lag_and_its_cosignature(pair: tuple[RunningHub, Mirror]) -> None:
    hub, mirror = pair
    wait_until(lambda: hub.ask("/api/v1/federation").json()["mirrors"] != [], "the mirror is announced")
    told = hub.ask("/api/v1/federation").json()
    (item,) = told["mirrors"]
    assert item["url"] == mirror.hub.url
    assert item["answers"]
    assert item["size"] + item["behind"] == told["size"]
    assert item["cosigners"][0].startswith("mirror.test/mirror ")
    assert told["checkpoint"] == hub.ask("/log/checkpoint").text
    assert {signer["name"] for signer in told["signers"]} == {hub.origin}
    text = words(hub)
    for expected in (mirror.hub.url, item["cosigners"][0], told["root"], hub.fingerprint, "no origin has shown"):
        assert expected in text, expected
    own = mirror.hub.ask("/api/v1/federation").json()["mirrored"]
    assert [(found["origin"], found["state"]) for found in own] == [(hub.origin, "ok")]
    assert "mirror.test/mirror" in {signer["name"] for signer in own[0]["signers"]}


def test_mirrors_that_are_behind_or_gone_are_told(pair: tuple[RunningHub, Mirror]) -> None:
    hub, mirror = pair
    mirror.hub.stop()
    hub.stop()
    hub.start()  # looks at once

    def looked() -> bool:
        return bool(hub.ask("/api/v1/federation").json()["mirrors"][0]["looked"])

    wait_until(looked, "the hub has looked at its mirror")
    (item,) = hub.ask("/api/v1/federation").json()["mirrors"]
    assert not item["answers"]
    assert "no answer at the last look" in words(hub)
    mirror.hub.start()


def test_evidence_is_there_for_everybody_and_nothing_else_of_the_folder(pair: tuple[RunningHub, Mirror]) -> None:
    hub, _ = pair
    folder = hub.folder / "data" / "mirrors" / "evidence"
    folder.mkdir(parents=True, exist_ok=True)
    document = {"origin": "forked.test", "reason": "<b>two logs</b>", "held": "a", "shown": "b"}
    name = f"forked.test-{HEXED}.json"
    (folder / name).write_text(json.dumps(document))
    (folder / f"broken.test-{HEXED}.json").write_text("{")
    (folder / "secret.txt").write_text("secret")
    (told,) = hub.ask("/api/v1/federation").json()["evidence"]
    assert (told["name"], told["origin"], told["reason"]) == (name, "forked.test", "<b>two logs</b>")
    answer = hub.ask(f"/federation/evidence/{name}")
    assert (answer.headers["content-type"], answer.json()) == ("application/json", document)
    assert "<b>two logs</b>" in words(hub)
    for absent in ("secret.txt", f"broken.test-{HEXED}.json", "..%2f..%2f..%2fhub.toml", "%2e%2e"):
        assert hub.ask(f"/federation/evidence/{absent}").status == 404, absent


def test_featured_packages_come_first_and_mirrors_are_told_beside_a_release(pair: tuple[RunningHub, Mirror]) -> None:
    hub, _ = pair
    settings = hub.folder / "hub.toml"
    text = settings.read_text().replace("featured = []", 'featured = ["library/opensnoop", "no/such"]')
    settings.write_text(
        text.replace('install = "pip install ebpfhub"', 'install = "pip install https://x.test/ecli.whl"')
    )
    hub.stop()
    hub.start()
    page = Found.page(hub.ask("/", headers={"Accept": "text/html"}).text)
    assert page.all(".steps code")[0].words == "pip install https://x.test/ecli.whl"
    assert [item.words for item in page.all("section[aria-labelledby=featured] h3 a")] == ["library/ opensnoop"]
    wait_until(lambda: "mirror.test/mirror" in words(hub, "/packages/library/opensnoop"), "the hub has looked")
    assert ADMIN in words(hub, "/packages/library/opensnoop")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        *(("featured = []", f"featured = [{named}]") for named in ('"opensnoop"', '"a/b/c"', '"Library/x"', "1")),
        ('install = "pip install ebpfhub"', r'install = "two\nlines"'),
    ],
)
def test_what_the_front_page_cannot_show_is_refused_at_the_start(tmp_path: Path, before: str, after: str) -> None:
    hub = RunningHub.make(tmp_path / "hub", authority=False)
    settings = hub.folder / "hub.toml"
    settings.write_text(settings.read_text().replace(before, after))
    with pytest.raises(AssertionError, match="the hub ended with 2"):
        hub.start()
    hub.process = None
