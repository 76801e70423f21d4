"""Paths and manifests from outside: anything is read or refused, nothing else happens."""

from __future__ import annotations

import json

import pytest
from ebpfhub.node.errors import OciRefusal
from ebpfhub.node.registry.document import read_document
from ebpfhub.node.registry.names import Place, Target, locate, take_apart
from ebpfhub.schemas.errors import BadInput
from hypothesis import example, given
from hypothesis import strategies as st

ORIGIN = "hub.example.org"


@given(st.text(max_size=200) | st.from_regex(r"[a-z./-]{0,40}(/blobs|/manifests|/tags|/uploads){1,3}/[a-z:./]{0,20}"))
def test_any_path_is_taken_apart_or_refused(tail: str) -> None:
    try:
        place = take_apart(tail)
        repository = locate(place.name, origin=ORIGIN, plain=True, mirrored=lambda _: False)
    except OciRefusal as error:
        assert error.status in (400, 404)
    else:
        assert ".." not in repository.key
        assert repository.key == repository.key.lower()
        assert repository.logged is (not repository.key.startswith("plain/"))


@pytest.mark.parametrize(
    ("tail", "place"),
    [
        ("plain/a/blobs/sha256:0", Place("plain/a", Target.BLOB, "sha256:0")),
        ("plain/a/blobs/uploads/", Place("plain/a", Target.NEW_UPLOAD)),
        ("plain/a/blobs/uploads", Place("plain/a", Target.NEW_UPLOAD)),
        ("plain/a/blobs/uploads/7", Place("plain/a", Target.UPLOAD, "7")),
        ("plain/blobs/uploads/manifests/v1", Place("plain/blobs/uploads", Target.MANIFEST, "v1")),
        ("plain/tags/list/tags/list", Place("plain/tags/list", Target.TAGS)),
        ("plain/tags/manifests/list", Place("plain/tags", Target.MANIFEST, "list")),
    ],
)
def test_names_may_hold_the_words_of_the_api(tail: str, place: Place) -> None:
    assert take_apart(tail) == place


def test_own_origin_before_a_name_changes_nothing() -> None:
    assert locate(f"{ORIGIN}/tools/x", origin=ORIGIN, plain=False, mirrored=lambda _: False) == locate(
        "tools/x", origin=ORIGIN, plain=False, mirrored=lambda _: False
    )
    for name in (f"{ORIGIN}/plain/x", f"{ORIGIN}/x", "other.example.org/tools/x", "tools", "a/b/c"):
        with pytest.raises(OciRefusal):
            locate(name, origin=ORIGIN, plain=True, mirrored=lambda _: False)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
_FIELDS = ("mediaType", "artifactType", "config", "layers", "manifests", "subject", "annotations", "digest")


@given(st.dictionaries(st.sampled_from(_FIELDS), _JSON), st.text(max_size=40), st.booleans())
@example({"subject": {"digest": "sha256:" + "0" * 64}}, "", True)
def test_any_json_is_read_as_a_manifest_or_refused(
    document: dict[str, object], content_type: str, logged: bool
) -> None:
    try:
        read = read_document(json.dumps(document).encode(), content_type=content_type, logged=logged)
    except BadInput:
        return
    assert read.media_type.startswith("application/vnd.")


@given(st.binary(max_size=300))
def test_any_bytes_are_read_as_a_manifest_or_refused(raw: bytes) -> None:
    try:
        read_document(raw, content_type="", logged=True)
    except BadInput:
        return
