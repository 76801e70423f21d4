"""A mirror's pages: packages of another origin under that origin's name, read from the mirror's own disk."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...hubs import RunningHub, ebpfhub, hub_with_opensnoop
from .document import Found


def test_mirror_shows_packages_of_its_origin_after_the_origin_has_gone(tmp_path: Path) -> None:
    mirror = RunningHub.make(tmp_path / "mirror", origin="mirror.test")
    with hub_with_opensnoop(tmp_path) as hub, mirror.serving():
        ebpfhub("mirror", "add", mirror.folder, hub.url, "--fingerprint", hub.fingerprint)
        ebpfhub("mirror", "sync", mirror.folder)
        hub.stop()
        reply = mirror.ask("/packages/hub.test/library/opensnoop")
        assert reply.status == 200
        page = Found.page(reply.text)
        words = page.one("body").words
        assert "ecli run --verify hub.test/library/opensnoop:0.1.0" in words
        assert "Traces the files that programs open" in words
        assert page.all(".badge.good"), "the signature was checked with the origin's own trusted root"
        proof = f"/mirror/{hashlib.sha256(b'hub.test').hexdigest()}/index/package/library/opensnoop:0.1.0"
        assert mirror.ask(page.one(f'a[href="{proof}"]').attributes["href"]).status == 200
        files = [link.attributes["href"] for link in page.all("td a")]
        assert len(files) == 3
        assert all(mirror.ask(path).status == 200 for path in files)
        there = f"{hub.url}/packages/library/opensnoop/comments"
        assert page.all(f'a[href="{there}"]') and not page.all("#comment"), "comments stay on their own hub"
        assert mirror.ask("/packages/hub.test/library/opensnoop/comments").status == 404
        federation = Found.page(mirror.ask("/federation").text).one("body").words
        assert "Origins that this hub mirrors" in federation
        assert "hub.test" in federation
        assert mirror.ask("/packages/library/opensnoop").status == 404, "a name without an origin is the hub's own"
