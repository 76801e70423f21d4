"""Sign-ins on their way, and where people are sent after one: to own paths only, whatever was asked for."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from ebpfhub.node.accounts.pending import Asked, Pending, own_path
from ebpfhub.schemas.errors import BadInput
from hypothesis import given
from hypothesis import strategies as st

HUB = "https://hub.example.org"
TRICKS = st.text(alphabet="/\\:.@?#%\t\n\r aevilhtps0x2f", max_size=40)


@given(st.one_of(st.text(max_size=60), TRICKS, TRICKS.map(lambda text: f"/{text}")))
def test_where_one_is_sent_is_always_here(text: str) -> None:
    path = own_path(text)
    assert urlsplit(urljoin(f"{HUB}/login/callback", path)).netloc == "hub.example.org"
    assert path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example.net/", "//evil.example.net/", "/\\evil.example.net/", "\\\\evil.example.net", "",
        "javascript:alert(1)", "/\t/evil.example.net", "/login/out", "/login/", "https:evil.example.net", "packages",
        "/a\\b", "/" + "a" * 2000, "/ä",
    ],
)  # fmt: skip
def test_other_places_are_not_gone_to(text: str) -> None:
    assert own_path(text) == "/"


@pytest.mark.parametrize("text", ["/", "/packages?q=a%20b&lang=zh", "/packages/library/opensnoop", "/account#tokens"])
def test_own_pages_are_gone_to(text: str) -> None:
    assert own_path(text) == text


def test_sign_in_is_for_one_browser_once_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    pending, asked = Pending(), Asked(0, "/")
    pending.put(asked)
    assert pending.take(asked.state, asked.cookie) is asked
    with pytest.raises(BadInput, match="unknown, used"):
        pending.take(asked.state, asked.cookie)
    pending.put(asked)
    with pytest.raises(BadInput, match="another browser"):
        pending.take(asked.state, "")
    with pytest.raises(BadInput, match="unknown, used"):  # a wrong try uses it up
        pending.take(asked.state, asked.cookie)
    pending.put(Asked(0, "/", state="old", began=asked.began - 601))
    with pytest.raises(BadInput, match="too old"):
        pending.take("old", asked.cookie)


def test_table_of_sign_ins_is_bounded() -> None:
    pending, asked = Pending(most=2), [Asked(0, "/") for _ in range(3)]
    for item in asked:
        pending.put(item)
    with pytest.raises(BadInput):
        pending.take(asked[0].state, asked[0].cookie)
    assert pending.take(asked[2].state, asked[2].cookie) is asked[2]


def test_no_two_sign_ins_share_anything() -> None:
    one, other = Asked(0, "/"), Asked(0, "/")
    assert not {one.state, one.nonce, one.verifier, one.cookie} & {
        other.state,
        other.nonce,
        other.verifier,
        other.cookie,
    }
    assert len(one.challenge) == 43 and one.challenge != other.challenge
