"""Scopes: what people write is read or refused, and never gives more than it says."""

from __future__ import annotations

import pytest
from ebpfhub.node.accounts.rights import ADMINISTERING, MODERATING, PUBLISHING, READING, Caller
from ebpfhub.node.accounts.roles import Role
from ebpfhub.node.accounts.scopes import Scope, Scopes
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

WORDS = st.lists(st.sampled_from([*Scope, "publish:tools", "publish:net", "publish:library"]), min_size=1, max_size=8)


@given(WORDS)
def test_words_survive_being_read_and_written(words: list[str]) -> None:
    scopes = Scopes.read(words)
    assert Scopes.read(scopes.words) == scopes
    assert scopes.cover(scopes) and scopes.allow(Scope.READ)


@given(WORDS, WORDS)
def test_what_is_covered_allows_nothing_more(one: list[str], other: list[str]) -> None:
    wide, narrow = Scopes.read(one), Scopes.read(other)
    uses = [(scope, None) for scope in Scope] + [(Scope.PUBLISH, name) for name in ("tools", "net", "library", "x")]
    more = [use for use in uses if narrow.allow(use[0], namespace=use[1]) and not wide.allow(use[0], namespace=use[1])]
    if wide.cover(narrow):
        assert more == []
    else:
        assert more != []


@given(st.text(max_size=40))
def test_anything_else_is_refused(text: str) -> None:
    try:
        scopes = Scopes.read([text])
    except BadInput:
        return
    assert text in scopes.words


@pytest.mark.parametrize("words", [[], ["read"] * 33, ["publish:"], ["publish:A"], ["publish:a/b"], ["*"], ["write"]])
def test_wrong_scopes_are_refused(words: list[str]) -> None:
    with pytest.raises(BadInput):
        Scopes.read(words)


@pytest.mark.parametrize("role", list(Role))
def test_rights_are_the_lesser_of_role_and_scope(role: Role) -> None:
    everything = Caller("a@b.test", role, Scopes.read(["publish", "moderate", "admin", "account"]))
    assert [everything.may(needs) for needs in (READING, PUBLISHING, MODERATING, ADMINISTERING)] == [
        role >= least for least in (Role.READER, Role.PUBLISHER, Role.MAINTAINER, Role.ADMIN)
    ]
    limited = Caller("a@b.test", role, Scopes.read(["publish:tools"]))
    assert limited.may(PUBLISHING, namespace="tools") is (role >= Role.PUBLISHER)
    assert not limited.may(PUBLISHING, namespace="library") and not limited.may(ADMINISTERING)
