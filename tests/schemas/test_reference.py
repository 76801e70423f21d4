"""Names of packages (protocol.md section 1)."""

import pytest
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.reference import MAX_REFERENCE_CHARS, Reference, check_namespace, check_origin
from hypothesis import given
from hypothesis import strategies as st

DIGEST = Digest.of(b"manifest")


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("opensnoop", Reference("", "library", "opensnoop")),
        ("opensnoop:1.0.0", Reference("", "library", "opensnoop", "1.0.0")),
        ("tools/opensnoop", Reference("", "tools", "opensnoop")),
        ("hub.example.org/opensnoop", Reference("hub.example.org", "library", "opensnoop")),
        ("hub.example.org/tools/opensnoop:rc", Reference("hub.example.org", "tools", "opensnoop", "rc")),
        (f"tools/opensnoop@{DIGEST}", Reference("", "tools", "opensnoop", "latest", DIGEST)),
        (f"opensnoop:1.0.0@{DIGEST}", Reference("", "library", "opensnoop", "1.0.0", DIGEST)),
        ("a.b", Reference("", "library", "a.b")),
        ("tools/a.b:Tag_1", Reference("", "tools", "a.b", "Tag_1")),
    ],
)
def test_reference_is_read(text: str, reference: Reference) -> None:
    assert Reference.parse(text) == reference
    assert Reference.parse(str(reference)) == reference


@pytest.mark.parametrize(
    "text",
    [
        *("", "/", "/a", "a/", "a//b", "a/b/c", "a.b/c/d/e", "a.b//c", "A", "a/B", "hub.example.org/", "a:", ":a"),
        *("a b", "a\n", "a:b\n", "a@", f"a@{DIGEST}\n", f"a@{DIGEST[:-1]}", f"a@{DIGEST}0", "a@sha512:" + "0" * 128),
        *("a@" + DIGEST.upper(), "localhost:5000/a", "hub.example.org:443/a", "a:b:c", f"a@{DIGEST}@{DIGEST}"),
        *("a:.b", "a:-b", "a:" + "b" * 129, "é", "\uff41", "a_", "_a", "a.", ".a", "a..b/c", "../a", "a___b"),
        *("-hub.example.org/a", "hub-.example.org/a", "hub..org/a", "hub_1.org/a", "a" * 129, "a/" * 300),
    ],
)
def test_other_text_is_no_reference(text: str) -> None:
    with pytest.raises(BadInput):
        Reference.parse(text)


def test_long_reference_is_refused() -> None:
    with pytest.raises(BadInput, match="longer"):
        Reference.parse("a" * (MAX_REFERENCE_CHARS + 1))


def test_namespace_has_no_dot_and_origin_has_one() -> None:
    with pytest.raises(BadInput):
        check_namespace("hub.example")
    with pytest.raises(BadInput):
        check_origin("localhost")
    with pytest.raises(BadInput):
        check_origin("a." + "b" * 252)


@given(
    st.from_regex(
        r"([a-z0-9]{1,5}(\.[a-z]{2,4}){1,2}/)?([a-z0-9]{1,8}/)?[a-z0-9]{1,8}(:[a-zA-Z0-9_]{1,8})?", fullmatch=True
    )
)
def test_every_reference_round_trips(text: str) -> None:
    read = Reference.parse(text)
    assert Reference.parse(str(read)) == read


@given(st.text(max_size=80) | st.text("ab.:/@-_A \n", max_size=40))
def test_arbitrary_text_is_a_reference_or_refused(text: str) -> None:
    try:
        read = Reference.parse(text)
    except BadInput:
        return
    assert Reference.parse(str(read)) == read
    assert str(read).isascii() and "\n" not in str(read)
