"""A hub whose disk lies: pages say so, show what the log says, and never crash or show wrong bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...hubs import RunningHub, hub_with_opensnoop, signature_in


def _changed(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.fixture
def own_hub(tmp_path: Path) -> Iterator[RunningHub]:
    with hub_with_opensnoop(tmp_path) as hub:
        yield hub


def _page(hub: RunningHub) -> str:
    reply = hub.ask("/packages/library/opensnoop", headers={"Accept": "text/html"})
    assert reply.status == 200
    return reply.text


def _digests(hub: RunningHub) -> list[str]:
    """Of the config and all layers."""
    accept = {"Accept": "application/vnd.oci.image.manifest.v1+json"}
    manifest = hub.ask("/v2/library/opensnoop/manifests/latest", headers=accept).json()
    return [manifest["config"]["digest"], *(layer["digest"] for layer in manifest["layers"])]


def test_damaged_blob_is_told_and_the_log_still_shown(own_hub: RunningHub) -> None:
    for digest in _digests(own_hub):
        path = own_hub.blob(digest)
        whole = path.read_bytes()
        _changed(path)
        text = _page(own_hub)
        assert "This hub\u2019s copy is damaged or incomplete" in text, digest
        assert "Traces the files" not in text
        assert "Log entry of this release" in text
        path.write_bytes(whole)
    assert "damaged" not in _page(own_hub), "a fault is not remembered"


def test_missing_blob_is_told_and_healing_is_seen(own_hub: RunningHub) -> None:
    path = own_hub.blob(_digests(own_hub)[1])
    path.rename(path.with_suffix(".away"))
    assert "This hub\u2019s copy is damaged or incomplete" in _page(own_hub)
    path.with_suffix(".away").rename(path)
    assert "Traces the files that programs open" in _page(own_hub)


def test_damaged_signature_is_told_and_not_called_signed(own_hub: RunningHub) -> None:
    digest = own_hub.ask("/api/v1/search?q=opensnoop").json()["results"][0]["digest"]
    listed = own_hub.ask(f"/v2/library/opensnoop/referrers/{digest}").json()
    referrer = json.loads(own_hub.blob(signature_in(listed)["digest"]).read_bytes())
    _changed(own_hub.blob(referrer["layers"][0]["digest"]))
    text = _page(own_hub)
    assert "could not confirm the signature" in text
    assert not re.search(r'class="badge good"', text)
