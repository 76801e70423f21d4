"""The rules of comments, on a real database: whose they are, who sees what, how many, and that texts stay texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.node.accounts.rights import Caller, LoginNeeded
from ebpfhub.node.accounts.roles import Role
from ebpfhub.node.accounts.scopes import Scope, Scopes
from ebpfhub.node.authority.rates import RateLimit, TooMany
from ebpfhub.node.hub.comments import MAX_OF_ONE, MAX_REPORTS, CommentLimits, Comments, checked
from ebpfhub.node.storage.comments import CommentRows
from ebpfhub.node.storage.database import Database
from ebpfhub.node.web.comments.text import MAX_HTML_BYTES, render_comment
from ebpfhub.schemas.errors import BadInput, Conflict, Denied, NotFound
from hypothesis import given
from hypothesis import strategies as st

from ..web.document import Found

PACKAGE = ("library", "opensnoop")
NOBODY = Caller(None, Role.READER)
ALLOWED = {"p", "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "s", "a", "hr", "br", "div"} | set(
    "table thead tbody tr th td".split()  # noqa: SIM905
)


def somebody(name: str, role: Role = Role.READER) -> Caller:
    kinds = Scopes.of_role(role).kinds | {Scope.COMMENT}
    return Caller(f"{name}@example.org", role, Scopes(kinds))


ANN, BOB, MONA = somebody("ann"), somebody("bob"), somebody("mona", Role.MAINTAINER)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "hub.db")
    yield made
    made.close()


@pytest.fixture
def comments(database: Database) -> Comments:
    times = iter(range(1_000, 1_000_000))
    many = CommentLimits(RateLimit(per_second=1e6, burst=10_000), RateLimit(per_second=1e6, burst=10_000))
    return Comments(CommentRows(database), lambda package: package == "/".join(PACKAGE), lambda: next(times), many)


def texts(comments: Comments, viewer: Caller) -> list[str]:
    return [row.text for row in comments.of(*PACKAGE, viewer=viewer, limit=10).comments]


def test_newest_comment_comes_first_and_pages_count_all(comments: Comments) -> None:
    for number in range(5):
        comments.write(ANN, *PACKAGE, f"number {number}")
    part = comments.of(*PACKAGE, viewer=NOBODY, offset=1, limit=2)
    assert [row.text for row in part.comments] == ["number 3", "number 2"] and part.total == 5


def test_only_authors_change_and_delete(comments: Comments) -> None:
    made = comments.write(ANN, *PACKAGE, "mine")
    for other in (BOB, MONA):
        with pytest.raises(Denied, match="somebody else's"):
            comments.edit(other, made.id, "theirs")
        with pytest.raises(Denied, match="somebody else's"):
            comments.delete(other, made.id)
    assert comments.edit(ANN, made.id, "changed").edited > made.created
    comments.delete(ANN, made.id)
    with pytest.raises(NotFound):
        comments.find(made.id, viewer=MONA)


def test_nobody_without_a_login_writes_or_reports(comments: Comments) -> None:
    made = comments.write(ANN, *PACKAGE, "here")
    with pytest.raises(LoginNeeded):
        comments.write(NOBODY, *PACKAGE, "x")
    with pytest.raises(LoginNeeded):
        comments.report(NOBODY, made.id, "x")


def test_hidden_comment_is_seen_by_its_author_and_maintainers_only(comments: Comments) -> None:
    made = comments.write(ANN, *PACKAGE, "rude")
    with pytest.raises(Denied):
        comments.judge(BOB, made.id, hidden=True, reason="x")
    with pytest.raises(BadInput):
        comments.judge(MONA, made.id, hidden=True)
    comments.judge(MONA, made.id, hidden=True, reason="rude")
    assert [texts(comments, who) for who in (NOBODY, BOB, ANN, MONA)] == [[], [], ["rude"], ["rude"]]
    assert comments.of(*PACKAGE, viewer=BOB, limit=10).total == 0
    for action in (comments.report, comments.edit):
        with pytest.raises((NotFound, Denied)):
            action(BOB, made.id, "x")
    with pytest.raises(Denied, match="has hidden"):
        comments.edit(ANN, made.id, "polite")
    comments.judge(MONA, made.id, hidden=False)
    assert texts(comments, BOB) == ["rude"]


def test_reader_without_identity_does_not_see_hidden_comments_whatever_their_scopes(comments: Comments) -> None:
    made = comments.write(ANN, *PACKAGE, "rude")
    comments.judge(MONA, made.id, hidden=True, reason="rude")
    token = Caller(MONA.identity, Role.MAINTAINER, Scopes(frozenset({Scope.READ})))  # of a maintainer, for reading
    assert texts(comments, token) == []


def test_report_waits_until_it_is_judged_and_again_after_an_edit(comments: Comments) -> None:
    made = comments.write(ANN, *PACKAGE, "first")
    comments.report(BOB, made.id, "spam")
    comments.report(BOB, made.id, "spam again")
    (waiting,), total = comments.reported(limit=10)
    assert total == 1 and [report.reason for report in waiting.reports] == ["spam"]
    comments.judge(MONA, made.id, hidden=False)
    comments.report(BOB, made.id, "I insist")
    assert comments.reported(limit=10) == ((), 0)
    comments.edit(ANN, made.id, "worse")
    comments.report(BOB, made.id, "now really")
    assert comments.reported(limit=10)[1] == 1
    comments.delete(ANN, made.id)
    assert comments.reported(limit=10) == ((), 0)


def test_own_comment_cannot_be_reported_and_reports_are_bounded(comments: Comments) -> None:
    made = comments.write(ANN, *PACKAGE, "here")
    with pytest.raises(Denied, match="yours"):
        comments.report(ANN, made.id, "me")
    for number in range(MAX_REPORTS + 3):
        comments.report(somebody(f"person{number}"), made.id, "no")
    assert comments.reported(limit=1)[0][0].count == MAX_REPORTS


def test_one_person_has_so_many_comments_on_a_package(comments: Comments) -> None:
    for number in range(MAX_OF_ONE):
        comments.write(ANN, *PACKAGE, str(number))
    with pytest.raises(Conflict):
        comments.write(ANN, *PACKAGE, "one more")
    comments.write(BOB, *PACKAGE, "others may")


def test_writing_and_editing_are_limited_together_by_person(database: Database) -> None:
    few = CommentLimits(writing=RateLimit(per_second=1e-6, burst=2))
    comments = Comments(CommentRows(database), lambda _: True, lambda: 1_000, few)
    made = comments.write(ANN, *PACKAGE, "one")
    comments.edit(ANN, made.id, "two")
    with pytest.raises(TooMany):
        comments.write(ANN, *PACKAGE, "three")
    comments.write(BOB, *PACKAGE, "others may")


def test_nothing_is_written_on_what_is_not_there(comments: Comments) -> None:
    with pytest.raises(NotFound, match="no such package"):
        comments.write(ANN, "library", "nothing", "x")


@given(st.text(max_size=2100))
def test_kept_text_has_no_control_characters_and_is_bounded(text: str) -> None:
    try:
        kept = checked(text, "text", 2000)
    except BadInput:
        return
    assert 0 < len(kept) <= 2000 and kept.encode()
    assert not any(char < " " and char not in "\n\t" for char in kept)


_PIECES = ["<script>", "</div>", "[a](", "javascript:", "https://a.b", ")", "`", "\n", "\n\n", "|", "-", "#", ">", "![", "<", "&", '"', "*"]  # fmt: skip


@given(st.lists(st.sampled_from(_PIECES) | st.text(max_size=5), max_size=400).map("".join))
def test_comment_becomes_few_elements_and_stays_small(text: str) -> None:
    shown = render_comment(text[:2000])
    assert len(shown.html.encode()) <= MAX_HTML_BYTES
    for item in Found.fragment(str(shown.html)).all():
        assert item.name in ALLOWED
        assert item.attributes.keys() <= {"href", "rel", "tabindex", "class", "start"}
        assert item.attributes.get("href", "https://").startswith(("https://", "http://", "mailto:"))
