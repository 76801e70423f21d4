"""The Python client of the API, against a real hub: nothing of the document is forgotten, pages are loops, errors ours."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any, get_args, get_type_hints

import pytest
from ebpfhub.client.hub_api import admin_answers, answers, comment_answers
from ebpfhub.client.hub_api.api import HubApi
from ebpfhub.client.hub_api.reading import read_answer
from ebpfhub.node.api.document import make_document
from ebpfhub.node.hub.operations import OPERATIONS
from ebpfhub.node.web.docs.manuals import FOLDER
from ebpfhub.schemas.errors import BadInput, Denied, HubError, NotFound, PeerFailed
from hypothesis import given
from hypothesis import strategies as st

from ...hubs import ADMIN, RunningHub, ebpfhub, free_port

DOCUMENT = make_document(OPERATIONS, "/api/v1/openapi.json")
SCHEMAS = DOCUMENT["components"]["schemas"]
ANSWERS = vars(answers) | vars(comment_answers) | vars(admin_answers)
ON_PAGES = {"limit", "offset", "cursor", "after", "before"}  # what the loop sees to


@pytest.fixture
async def api(hub: RunningHub) -> AsyncIterator[HubApi]:
    async with HubApi(hub.url) as made:
        yield made


def test_every_operation_is_a_method_with_every_parameter() -> None:
    for methods in DOCUMENT["paths"].values():
        for operation in methods.values():
            taken = set(inspect.signature(getattr(HubApi, operation["operationId"])).parameters)
            asked = {item["name"] for item in operation.get("parameters", ())} - ON_PAGES
            named = {"namespace", "name"}
            asked = (asked - named) | {"package"} if named <= asked else asked
            if "requestBody" in operation:
                reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
                asked |= set(SCHEMAS[reference.rpartition("/")[2]]["properties"])
            assert asked <= taken, operation["operationId"]


def test_every_answer_has_the_fields_of_the_document() -> None:
    seen = set()
    waiting = [operation.result.__name__ for operation in OPERATIONS]
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        kind = ANSWERS[name]
        hints = get_type_hints(kind)
        assert set(hints) == set(SCHEMAS[name]["properties"]), name
        for field, schema in SCHEMAS[name]["properties"].items():
            text = str(schema)
            optional = type(None) in get_args(hints[field])
            assert optional == ("null" in text), (name, field)
            waiting += [item for item in SCHEMAS if f"'#/components/schemas/{item}'" in text and item in ANSWERS]
    assert len(seen) > 12


async def test_a_search_is_a_loop_over_all_pages(api: HubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ebpfhub.client.hub_api.api.PAGE", 1)
    found = [f"{item.namespace}/{item.name}" async for item in api.search(sort="name")]
    assert found == ["acme/bulky", "library/hostile", "library/opensnoop", "acme/xdpdrop"]
    (only,) = [item async for item in api.search("opensnoop", permission=["changes:nothing"], category=["files"])]
    assert (only.version, only.publisher) == ("0.2.0", ADMIN)
    versions = [item.version async for item in api.versions("library/opensnoop")]
    assert versions == ["1.0.0-rc.1", "0.2.0", "0.1.0"]


async def test_a_page_of_a_search_has_counts(api: HubApi) -> None:
    page = await api.search_page(q="opensno", limit=1)
    assert (page.total, page.exact, page.next) == (1, True, None)
    assert answers.FacetCount("files", 1) in page.facets.category


async def test_a_package_and_its_changes_are_typed(api: HubApi) -> None:
    told = await api.package("acme/xdpdrop")
    assert told.chosen.version == "0.1.0"
    assert told.permissions()["changes:packets"] == "xdp"
    assert told.example is None
    changes = await api.changes("acme/xdpdrop", new="0.3.0-rc.1")
    assert (changes.old.version, changes.lost()) == ("0.1.0", ())
    assert "changes:other-processes" in changes.gained()


async def test_who_calls_and_how_the_hub_stands(hub: RunningHub, api: HubApi) -> None:
    assert await api.whoami() == answers.Caller(None, "reader", ("read",))
    async with HubApi(hub.url, token=hub.token("reader@example.org", role="reader")) as known:
        told = await known.whoami()
        assert (told.identity, told.role) == ("reader@example.org", "reader") and "read" in told.scopes
    stands = await api.federation()
    assert (stands.origin, stands.fingerprint, stands.packages) == (hub.origin, hub.fingerprint, 4)
    assert stands.checkpoint == hub.ask("/log/checkpoint").text


async def test_ones_own_tokens_are_made_listed_and_revoked(hub: RunningHub) -> None:
    words = ("--identity", "own@example.org", "--scope", "account", "--scope", "publish:tools", "--days", "3", "--json")
    made = json.loads(ebpfhub("token", "create", hub.folder, *words).stdout)
    async with HubApi(hub.url, token=made["token"]) as own:
        less = await own.create_token(["publish:tools"], name="build machine", days=30)
        assert less.token not in repr(less) and less.facts.scopes == ("read", "publish:tools")
        assert less.facts.expires <= made["expires"]  # it outlives not what made it
        for more in (["publish"], ["publish:library"], ["moderate"]):
            with pytest.raises(Denied, match="no more than those who make it"):
                await own.create_token(more)
        assert {item.name for item in (await own.tokens()).tokens} == {"", "build machine"}
        async with HubApi(hub.url, token=less.token) as other:
            assert (await other.whoami()).identity == "own@example.org"
            with pytest.raises(Denied, match="not for this"):
                await other.tokens()
            assert (await own.revoke_token(less.facts.id)).id == less.facts.id
            with pytest.raises(Denied, match="revoked"):
                await other.whoami()
        foreign = json.loads(ebpfhub("token", "create", hub.folder, "--identity", "x@example.org", "--json").stdout)
        with pytest.raises(NotFound):
            await own.revoke_token(foreign["id"])


async def test_comments_are_written_reported_judged_and_deleted(hub: RunningHub, api: HubApi) -> None:
    def token(name: str, role: str, scope: str) -> str:
        words = ("--identity", f"{name}@example.org", "--role", role, "--scope", scope, "--json")
        return str(json.loads(ebpfhub("token", "create", hub.folder, *words).stdout)["token"])

    async with (
        HubApi(hub.url, token=token("ann", "reader", "comment")) as ann,
        HubApi(hub.url, token=token("bob", "reader", "comment")) as bob,
        HubApi(hub.url, token=token("mona", "maintainer", "moderate")) as mona,
    ):
        made = await ann.write_comment("opensnoop", "works")
        assert (await ann.edit_comment(made.id, "works well")).edited is not None
        assert [item.text async for item in api.comments("library/opensnoop")] == ["works well"]
        with pytest.raises(Denied, match="somebody else's"):
            await bob.delete_comment(made.id)
        await bob.report_comment(made.id, "too short")
        (waiting,) = [item async for item in mona.reports()]
        assert (waiting.comment.id, waiting.reports[0].reason, waiting.count) == (made.id, "too short", 1)
        assert (await mona.moderate_comment(made.id, hidden=True, reason="short")).reason == "short"
        assert [item async for item in api.comments("opensnoop")] == []
        assert [item.comment.id async for item in mona.reports(state="hidden")] == [made.id]
        await ann.delete_comment(made.id)
        with pytest.raises(NotFound):
            await mona.moderate_comment(made.id, hidden=False)


async def test_what_has_not_changed_is_not_sent_again(api: HubApi) -> None:
    assert (await api.openapi())["openapi"] == "3.1.0"
    ((place, (etag, _)),) = api._kept.items()
    api._kept[place] = (etag, {"kept": True})
    assert await api.openapi() == {"kept": True}
    api._kept[place] = ('"other"', {"kept": True})
    assert (await api.openapi())["openapi"] == "3.1.0"


async def test_refusals_are_the_houses_errors(hub: RunningHub, api: HubApi) -> None:
    with pytest.raises(NotFound, match="there is no such package or version"):
        await api.package("library/absent")
    with pytest.raises(BadInput, match="kernel") as wrong:
        await api.search_page(kernel="six")
    assert hub.url in wrong.value.where
    with pytest.raises(BadInput, match="is unknown; there are"):
        await api.search_page(category=["cooking"])
    with pytest.raises(BadInput, match="too many parts"):
        await api.package("a/b/c")
    async with HubApi(hub.url, token="nobody's") as unknown:
        with pytest.raises(Denied):
            await unknown.whoami()
    with pytest.raises(HubError, match="no checkpoint of this hub's log"):
        await api.announce(f"http://127.0.0.1:{free_port()}")
    async with HubApi(f"http://127.0.0.1:{free_port()}") as nobody:
        with pytest.raises(PeerFailed):
            await nobody.federation()
    with pytest.raises(BadInput, match="plain http"):
        HubApi("http://hub.example.org")


@pytest.mark.parametrize("manual", ["manual.md", "manual.zh.md"])
def test_the_manuals_example_runs(hub: RunningHub, manual: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (FOLDER / manual).read_text(), re.DOTALL)
    (example,) = [block for block in blocks if "HubApi" in block]
    script = example.replace("https://hub.example.org", hub.url)
    done = subprocess.run([sys.executable, "-P", "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert "library/opensnoop 0.2.0: Traces the files that programs open" in done.stdout
    assert "'0.2.0', '0.1.0'" in done.stdout


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["results", "next", "version"]), inner),
    max_leaves=12,
)


@given(_json, st.sampled_from([answers.VersionsAnswer, admin_answers.EventsAnswer]))
def test_whatever_a_hub_answers_is_an_answer_or_bad_input(document: Any, kind: type[Any]) -> None:
    try:
        read_answer(kind, document, "hub")
    except BadInput as error:
        assert error.where.startswith("hub")


def test_what_an_event_is_about_is_a_map_of_texts() -> None:
    event: dict[str, Any] = dict.fromkeys(get_type_hints(admin_answers.Event), "")
    told = {"whom": "ann@example.org"}
    assert read_answer(admin_answers.Event, event | {"about": told}, "hub").about == told
    several: list[Any] = [[], "", None, {"whom": 1}, {"whom": None}, {str(number): "" for number in range(10_001)}]
    for wrong in several:
        with pytest.raises(BadInput, match="about"):
            read_answer(admin_answers.Event, event | {"about": wrong}, "hub")


def test_later_fields_are_left_alone_and_wrong_ones_are_named() -> None:
    assert (
        read_answer(answers.Caller, {"identity": None, "role": "none", "scopes": [], "later": 1}, "hub").role == "none"
    )
    several: list[Any] = [
        {"identity": None},
        {"identity": 1, "role": "x"},
        {"identity": None, "role": True, "scopes": []},
        [],
        None,
    ]
    for wrong in several:
        with pytest.raises(BadInput, match="must be"):
            read_answer(answers.Caller, wrong, "hub")
