"""After a rotation of all keys, other people's programs verify what the old ones signed and what the new ones did."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.schemas import media

from ..conformance.go_tools import BUILD_SECONDS
from ..hubs import ADMIN, Ecli, RunningHub, ebpfhub
from .conftest import Place
from .programs import cosign, sigstore_js

pytestmark = pytest.mark.timeout(BUILD_SECONDS)  # the first run builds cosign


def test_releases_of_old_and_new_keys_verify(place: Place, tmp_path: Path) -> None:
    hub, admin = RunningHub.make(tmp_path / "hub"), Ecli(tmp_path / "admin")
    with hub.serving():
        admin.login(hub, hub.token(ADMIN, role="admin"))
        before = admin.publish(hub, place.package)
        ebpfhub("authority", "rotate", hub.folder, "--overlap", "0")
        after = admin.publish(hub, place.package, "--version", "0.2.0")
        for released in (before, after):
            made = replace(place, hub=hub, admin=admin, released=released, folder=tmp_path)
            cosign(tmp_path, "verify", *made.signed_by(ADMIN), made.image)
            bundle = made.bundles()[media.COSIGN_SIGN_PREDICATE]
            told = sigstore_js(tmp_path, made.document("trusted_root"), bundle, ADMIN, made.issuer)
            assert told["identity"] == ADMIN
