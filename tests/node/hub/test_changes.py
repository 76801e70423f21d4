"""What changed between two versions: exactly the traits that differ, the weightiest first; over HTTP as documented."""

from __future__ import annotations

from typing import Any

from ebpfhub.node.hub.changes import Change, compare
from ebpfhub.node.hub.traits import Aspect, Traits
from hypothesis import given
from hypothesis import strategies as st

from ...hubs import ADMIN, RunningHub

XDPDROP = "/api/v1/packages/acme/xdpdrop"
_named = st.dictionaries(st.sampled_from("abcd"), st.sampled_from("xyz"))
_traits = st.fixed_dictionaries(dict.fromkeys(Aspect, _named))


@given(_traits, _traits)
def test_changes_lead_from_the_old_traits_to_the_new_ones(old: Traits, new: Traits) -> None:
    made = {aspect: dict(named) for aspect, named in old.items()}
    for change in compare(old, new):
        assert made[change.aspect].pop(change.name, None) == change.before != change.after
        if change.after is not None:
            made[change.aspect][change.name] = change.after
    assert made == new


@given(_traits)
def test_nothing_has_changed_from_a_version_to_itself(traits: Traits) -> None:
    assert compare(traits, traits) == ()


def test_what_came_stands_before_what_went_and_what_reads_otherwise() -> None:
    empty: dict[Aspect, dict[str, str]] = {aspect: {} for aspect in Aspect}
    old = empty | {Aspect.OPTION: {"--a": "u32", "--b": "u32"}}
    new = empty | {Aspect.OPTION: {"--a": "u64", "--c": "u32"}, Aspect.PERMISSION: {"changes:packets": "xdp"}}
    assert compare(old, new) == (
        Change(Aspect.PERMISSION, "changes:packets", None, "xdp"),
        Change(Aspect.OPTION, "--c", None, "u32"),
        Change(Aspect.OPTION, "--b", "u32", None),
        Change(Aspect.OPTION, "--a", "u32", "u64"),
    )


def test_gained_permissions_attach_points_options_and_maps_are_told(hub: RunningHub) -> None:
    told = hub.ask(f"{XDPDROP}/changes?new=0.3.0-rc.1").json()
    assert (told["old"]["version"], told["new"]["version"], told["new"]["publisher"]) == ("0.1.0", "0.3.0-rc.1", ADMIN)
    came = {(item["aspect"], item["name"]): item["after"] for item in told["changes"] if item["before"] is None}
    assert came["permission", "changes:other-processes"] == "bpf_send_signal"
    assert came["attach", "tracepoint/syscalls/sys_enter_creat"] == "tracepoint"
    assert came["option", "--stopped"].startswith("s32")
    assert came["map", "seen"] == "hash 4 B → 8 B max 64"
    (size,) = [item for item in told["changes"] if item["name"] == "application/vnd.ebpfhub.bpf.v1+zstd"]
    assert int(size["after"]) > int(size["before"])


def test_the_way_back_loses_what_the_way_there_gained(hub: RunningHub) -> None:
    there = hub.ask(f"{XDPDROP}/changes?old=0.1.0&new=0.3.0-rc.1").json()["changes"]
    back = hub.ask(f"{XDPDROP}/changes?old=0.3.0-rc.1&new=0.1.0").json()["changes"]
    pairs = {(item["aspect"], item["name"], item["before"], item["after"]) for item in there}
    assert pairs == {(item["aspect"], item["name"], item["after"], item["before"]) for item in back}


def test_versions_are_listed_page_by_page(hub: RunningHub) -> None:
    found: list[str] = []
    page: dict[str, Any] = {"next": 0}
    while page["next"] is not None:
        page = hub.ask(f"/api/v1/packages/library/opensnoop/versions?limit=1&cursor={page['next']}").json()
        found += [item["version"] for item in page["results"]]
    assert found == ["1.0.0-rc.1", "0.2.0", "0.1.0"]


def test_a_package_is_told_with_the_traits_of_the_version_that_is_asked_for(hub: RunningHub) -> None:
    told = hub.ask("/api/v1/packages/library/opensnoop?version=0.1.0").json()
    assert (told["latest"], told["versions"], told["previous"], told["chosen"]["version"]) == ("0.2.0", 3, "", "0.1.0")
    assert any(item["name"] == "observes:files" for item in told["traits"])
    assert told["owners"] == [f"{ADMIN} ({hub.url}/sigstore/oidc)"]


def test_what_is_not_there_is_a_problem_document(hub: RunningHub) -> None:
    for path in (
        f"{XDPDROP}/changes?old=0.1.0&new=9.9.9",
        "/api/v1/packages/library/opensnoop/changes?new=0.1.0",
        "/api/v1/packages/library/absent",
        "/api/v1/packages/library/absent/versions",
        "/api/v1/packages/library/opensnoop?origin=other.test",
    ):
        answer = hub.ask(path)
        assert (answer.status, answer.json()["kind"]) == (404, "not-found"), path
    assert hub.ask("/api/v1/packages/library/%2e%2e%2f/changes").status in (400, 404)
