"""Comments on packages of a running hub, by browsers without scripts and by tokens; and what others try with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ..hubs import Reply, RunningHub, ebpfhub
from ..node.web.document import Found
from ..node.web.seeded import hub_with_packages
from ..visitor import Visitor
from .test_sign_in import PASSWORD, add_user

PAGE = "/packages/library/opensnoop"
COMMENTS = f"{PAGE}/comments"
API = "/api/v1/packages/library/opensnoop/comments"
HOSTILE = """# Big <script>alert(1)</script>

<img src=x onerror=alert(1)> <form action=/account/tokens method=post> [a](javascript:alert(1)) [b](/login/out) [c](data:text/html,x)
![pixel](https://spy.example.net/x.png) https://example.org <https://example.org/good>
"""


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    with hub_with_packages(tmp_path_factory.mktemp("comments")) as running:
        for name, role in (("ann", "reader"), ("bob", "reader"), ("mona", "maintainer")):
            add_user(running, f"{name}@example.org", role)
        yield running


def visitor(hub: RunningHub, name: str) -> Visitor:
    made = Visitor(hub.url)
    made.sign_in(f"{name}@example.org", PASSWORD)
    return made


@pytest.fixture(scope="module")  # signing in is limited
def people(hub: RunningHub) -> dict[str, Visitor]:
    return {name: visitor(hub, name) for name in ("ann", "bob", "mona")}


def token(hub: RunningHub, name: str, *scopes: str, role: str = "reader") -> str:
    words = [word for scope in scopes for word in ("--scope", scope)]
    told = ebpfhub(
        "token", "create", hub.folder, "--identity", f"{name}@example.org", "--role", role, *words, "--json"
    )  # fmt: skip
    return str(json.loads(told.stdout)["token"])


def ask(hub: RunningHub, method: str, path: str, secret: str, body: Any = None) -> Reply:
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    return hub.ask(path, method=method, body=None if body is None else json.dumps(body).encode(), headers=headers)


def write(person: Visitor, text: str) -> str:
    """Write a comment on the package's page; tells the path of its own page."""
    page = person.open(PAGE)
    done = person.send(page, page.form(COMMENTS), text=text)
    assert done.status == 200 and done.path == COMMENTS, done.text
    return Found.page(done.text).all("ul.comments > li > p > a[aria-label]")[0].attributes["href"]


def test_comment_is_written_edited_and_deleted_on_pages(hub: RunningHub, people: dict[str, Visitor]) -> None:
    ann, anybody = people["ann"], Visitor(hub.url)
    place = write(ann, "Works on **6.12**.")
    seen = anybody.open(PAGE).text
    assert "<strong>6.12</strong>" in seen and "ann@example.org" in seen
    page = ann.open(place)
    changed = ann.send(page, page.form(place), text="Works on 6.1 too.")
    assert changed.path == place and "Works on 6.1 too." in changed.text and "edited" in changed.text
    gone = ann.send(changed, changed.form(f"{place}/delete"))
    assert gone.path == COMMENTS and anybody.open(place).status == 404
    assert "Works on" not in anybody.open(PAGE).text


def test_nobody_changes_what_is_not_theirs(hub: RunningHub, people: dict[str, Visitor]) -> None:
    ann, bob = people["ann"], people["bob"]
    place = write(ann, "mine")
    csrf = bob.open(PAGE).form(COMMENTS).fields["csrf"]
    assert bob.open(place, {"csrf": csrf, "text": "his"}).status == 403
    assert bob.open(f"{place}/delete", {"csrf": csrf}).status == 403
    assert bob.open(f"{place}/moderation", {"csrf": csrf, "act": "hide", "reason": "no"}).status == 403
    assert bob.open("/moderation").status == 403
    assert Visitor(hub.url).open("/moderation").path.startswith("/sigstore/oidc/auth")
    assert "mine" in ann.open(place).text


def test_reported_comment_is_hidden_and_shown_again(hub: RunningHub, people: dict[str, Visitor]) -> None:
    ann, bob, mona, anybody = people["ann"], people["bob"], people["mona"], Visitor(hub.url)
    place = write(ann, "buy my thing")
    page = bob.open(place)
    told = bob.send(page, page.form(f"{place}/report"), reason="an <b>advertisement</b>")
    assert "A maintainer will look at it" in told.text
    assert '<a href="/moderation">Reported comments</a></dt><dd>1</dd>' in mona.open("/admin").text
    waiting = mona.open("/moderation")
    assert "an &lt;b&gt;advertisement" in waiting.text and "bob@example.org" in waiting.text
    done = mona.send(waiting, waiting.form(f"{place}/moderation"), act="hide", reason="off topic")
    assert done.path == "/moderation" and place not in done.text
    assert anybody.open(place).status == 404 and "buy my thing" not in anybody.open(COMMENTS).text
    assert "off topic" in ann.open(place).text and bob.open(place).status == 404
    hidden = mona.open("/moderation?show=hidden")
    mona.send(hidden, hidden.form(f"{place}/moderation"), act="show")
    assert "buy my thing" in anybody.open(COMMENTS).text
    recorded = ebpfhub("authority", "audit", hub.folder, "--json").stdout
    assert all(word in recorded for word in ("comment-hidden", "comment-shown", place.rpartition("/")[2]))


def test_hostile_comment_is_only_text(hub: RunningHub, people: dict[str, Visitor]) -> None:
    place = write(people["ann"], HOSTILE)
    for path in (PAGE, COMMENTS, place):
        every = Found.page(Visitor(hub.url).open(path).text).all("div.prose")
        (shown,) = [item for item in every if "Big" in item.text]
        names = {item.name for item in shown.all()}
        assert not names & {"script", "img", "form", "h1", "h2", "h3"}, path
        assert all(item.attributes.keys() <= {"href", "rel"} for item in shown.all("a"))
    led = [item.attributes["href"] for item in shown.all("a") if "href" in item.attributes]
    assert led == ["https://example.org/good"]


def test_another_site_cannot_comment_in_somebodys_name(hub: RunningHub, people: dict[str, Visitor]) -> None:
    bob = people["bob"]
    form = bob.open(PAGE).form(COMMENTS).fields
    assert bob.open(COMMENTS, {"text": "forged"}).status == 403
    assert bob.open(COMMENTS, form | {"text": "forged"}, Sec_Fetch_Site="cross-site").status == 403
    assert bob.open(COMMENTS, form | {"text": "forged"}, Origin="https://evil.example").status == 403
    assert "forged" not in bob.open(COMMENTS).text


def test_api_writes_edits_reports_moderates_and_deletes(hub: RunningHub) -> None:
    writer, other = token(hub, "cid", "comment"), token(hub, "dora", "comment")
    judge = token(hub, "mona", "moderate", role="maintainer")
    made = ask(hub, "POST", API, writer, {"text": "by a token"})
    assert made.status == 201 and made.json()["author"] == "cid@example.org"
    one = f"/api/v1/comments/{made.json()['id']}"
    assert ask(hub, "PUT", one, other, {"text": "x"}).status == 403
    assert ask(hub, "PUT", one, writer, {"text": "by a token, again"}).json()["edited"] is not None
    assert ask(hub, "POST", f"{one}/reports", writer, {"reason": "me"}).status == 403
    assert ask(hub, "POST", f"{one}/reports", other, {"reason": "rude"}).status == 201
    (waiting,) = ask(hub, "GET", "/api/v1/reports", judge).json()["results"]
    assert waiting["reports"][0]["reason"] == "rude" and waiting["count"] == 1
    assert ask(hub, "GET", "/api/v1/admin/overview", judge).json()["reported"] == 1
    hidden = ask(hub, "PUT", f"{one}/moderation", judge, {"hidden": True, "reason": "rude"}).json()
    assert hidden["hidden"] and hidden["reason"] == "rude"
    texts = [item["text"] for item in hub.ask(API).json()["results"]]
    assert "by a token, again" not in texts
    assert ask(hub, "PUT", one, writer, {"text": "x"}).status == 403
    assert ask(hub, "GET", "/api/v1/reports?state=hidden", judge).json()["total"] == 1
    assert ask(hub, "DELETE", one, writer).status == 200
    assert ask(hub, "GET", "/api/v1/reports?state=hidden", judge).json()["total"] == 0


def test_a_token_for_reading_cannot_comment(hub: RunningHub) -> None:
    refused = ask(hub, "POST", API, token(hub, "cid", "read"), {"text": "x"})
    assert refused.status == 403 and "scope comment" in refused.text
    assert hub.ask(API, method="POST", body=b'{"text": "x"}').status == 401


def test_one_person_writes_only_so_much_at_once(hub: RunningHub) -> None:
    eager = token(hub, "eager", "comment")
    answers = [ask(hub, "POST", API, eager, {"text": f"number {number}"}) for number in range(14)]
    assert {answer.status for answer in answers} == {201, 429}
    assert ask(hub, "POST", API, token(hub, "calm", "comment"), {"text": "others may"}).status == 201


def test_what_is_too_long_or_on_nothing_is_refused(hub: RunningHub, people: dict[str, Visitor]) -> None:
    secret = token(hub, "long", "comment")
    assert ask(hub, "POST", API, secret, {"text": "x" * 2001}).status == 400
    assert ask(hub, "POST", API, secret, {"text": " \n "}).status == 400
    assert ask(hub, "POST", API, secret, {"text": "bell \u0007"}).status == 400
    assert ask(hub, "POST", "/api/v1/packages/library/nothing/comments", secret, {"text": "x"}).status == 404
    bob = people["bob"]
    page = bob.open(PAGE)
    refused = bob.send(page, page.form(COMMENTS), text="y" * 2001)
    assert refused.status == 400 and "at most 2000 characters" in refused.text and "y" * 2001 in refused.text


def test_page_stays_small_and_the_readme_stays_whatever_is_commented(hub: RunningHub) -> None:
    before = "How files" in hub.ask(PAGE, headers={"Accept": "text/html"}).text
    for name in ("fay", "gus"):
        secret = token(hub, name, "comment")
        for _ in range(6):
            assert ask(hub, "POST", API, secret, {"text": "<&\"'" * 500}).status == 201
    for path in (PAGE, COMMENTS, f"{COMMENTS}?page=2"):
        answer = hub.ask(path, headers={"Accept": "text/html"})
        assert answer.status == 200 and len(answer.body) < 50_000, path
    assert ("How files" in hub.ask(PAGE, headers={"Accept": "text/html"}).text) == before
