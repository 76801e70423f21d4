"""Search over HTTP, on a real hub: what is told of real packages, how one narrows down and pages, what is refused."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from ...hubs import ADMIN, Ecli, RunningHub, hub_with_opensnoop
from ..web.seeded import HOSTILE


def _names(hub: RunningHub, query: str) -> set[str]:
    return {item["name"] for item in hub.ask(f"/api/v1/search?{query}").json()["results"]}


def test_package_is_told_with_what_its_code_shows(hub: RunningHub) -> None:
    (found,) = hub.ask("/api/v1/search?q=opensnoop").json()["results"]
    told = {key: found[key] for key in ("namespace", "name", "version", "publisher", "keywords", "categories")}
    assert told == {
        "namespace": "library",
        "name": "opensnoop",
        "version": "0.2.0",
        "publisher": ADMIN,
        "keywords": ["files", "tracing"],
        "categories": ["files"],
    }
    assert found["attach"] == ["tracepoint"]
    assert found["permissions"] == ["observes:files", "reads-memory:kernel", "reads-memory:user"]
    assert (found["architectures"], found["minimum_kernel"]) == (["x86-64", "arm64"], "5.8")


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("category=files&q=opensnoop", {"opensnoop"}),
        ("category=network", {"xdpdrop"}),
        ("attach=tracepoint", {"opensnoop", "hostile", "bulky"}),
        ("attach=xdp", {"xdpdrop"}),
        ("attach=lsm", set()),
        ("permission=observes&permission=changes:nothing", {"opensnoop", "hostile", "bulky"}),
        ("permission=changes", {"xdpdrop"}),
        ("permission=changes:packets&q=firewall", {"xdpdrop"}),
        ("architecture=arm64", {"opensnoop", "hostile", "bulky", "xdpdrop"}),
        ("kernel=6.8", {"opensnoop", "hostile", "bulky", "xdpdrop"}),
        ("kernel=5.4", set()),
        ("kernel=3.10", set()),
        ("publisher=admin%40example.org&q=bulky", {"bulky"}),
        ("publisher=admin", set()),
        ("origin=hub.test&q=bulky", {"bulky"}),
        ("origin=other.test", set()),
        ("q=opensnop", {"opensnoop"}),
        ("q=" + quote("长"), {"bulky"}),
    ],
)
def test_search_is_narrowed_by_facts(hub: RunningHub, query: str, expected: set[str]) -> None:
    assert _names(hub, query) == expected


def test_orders_and_pages(hub: RunningHub) -> None:
    assert [item["name"] for item in hub.ask("/api/v1/search?sort=name").json()["results"]] == [
        "bulky",
        "hostile",
        "opensnoop",
        "xdpdrop",
    ]
    first = hub.ask("/api/v1/search?sort=name&limit=2").json()
    rest = hub.ask(f"/api/v1/search?sort=name&limit=2&cursor={first['next']}").json()
    assert ([item["name"] for item in rest["results"]], rest["next"]) == (["opensnoop", "xdpdrop"], None)
    assert (first["total"], first["exact"]) == (4, True)
    assert hub.ask("/api/v1/search?offset=2&sort=name").json()["results"] == rest["results"]


def test_an_answer_that_is_known_is_not_sent_again(hub: RunningHub) -> None:
    first = hub.ask("/api/v1/search?q=opensnoop")
    again = hub.ask("/api/v1/search?q=opensnoop", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status, again.body) == (304, b"")
    assert hub.ask("/api/v1/search", headers={"If-None-Match": first.headers["etag"]}).status == 200


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=" + "a" * 201, "q"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=ten", "limit"),
        ("offset=-1", "offset"),
        ("offset=10001", "offset"),
        ("cursor=x", "cursor"),
        ("sort=size", "sort"),
        ("category=games", "category"),
        ("attach=nothing", "attach"),
        ("permission=changes:everything", "permission"),
        ("architecture=m68k", "architecture"),
        ("kernel=six", "kernel"),
        ("kernel=6.1.2", "kernel"),
        ("origin=" + "a" * 254, "origin"),
        ("q=a&q=b", "q"),
        ("&".join(["attach=xdp"] * 9), "attach"),
    ],
)
def test_parameter_beyond_its_bounds_is_refused_by_its_name(hub: RunningHub, query: str, names: str) -> None:
    reply = hub.ask(f"/api/v1/search?{query}")
    assert (reply.status, reply.headers["content-type"]) == (400, "application/problem+json")
    assert reply.json()["detail"].startswith(f"{names}: ")
    assert reply.json()["kind"] == "bad-input"


def test_an_address_that_is_not_there_is_a_problem_document(hub: RunningHub) -> None:
    lost = hub.ask("/api/v1/packages/x")
    assert (lost.status, lost.json()["kind"]) == (404, "not-found")
    wrong = hub.ask("/api/v1/search", method="DELETE")
    assert (wrong.status, wrong.headers["allow"], wrong.json()["status"]) == (405, "GET,HEAD", 405)


def test_hostile_texts_are_data(hub: RunningHub) -> None:
    reply = hub.ask("/api/v1/search?q=hostile")
    assert reply.json()["results"][0]["description"] == HOSTILE
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_pulls_are_counted_and_outlive_a_restart(tmp_path: Path) -> None:
    """Once for each package that was sent: not for the question, not for a second run from what is installed."""
    with hub_with_opensnoop(tmp_path) as hub:
        digest = hub.ask("/api/v1/search?q=opensnoop").json()["results"][0]["digest"]
        for number in range(2):
            reader = Ecli(tmp_path / f"reader{number}")
            reader.trust(hub)
            reader.run("pull", "opensnoop")
        hub.ask(f"/v2/library/opensnoop/manifests/{digest}", method="HEAD")
        hub.ask("/v2/library/opensnoop/manifests/latest")
        hub.stop()
        hub.start()
        (found,) = hub.ask("/api/v1/search?q=opensnoop").json()["results"]
        assert found["downloads"] == 3
