"""A hub with an authority, on which opensnoop is released, and what it hands to others: its root, its configurations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..end_to_end.machine import Opener
from ..hubs import ADMIN, Ecli, RunningHub, build_opensnoop


@dataclass(frozen=True)
class Place:
    """A serving hub whose first admin has released `library/opensnoop` 0.1.0, built from the project beside `package`."""

    hub: RunningHub
    admin: Ecli
    package: Path
    released: Any
    folder: Path

    @property
    def registry(self) -> str:
        """Host and port, as OCI clients name it."""
        return f"127.0.0.1:{self.hub.port}"

    @property
    def image(self) -> str:
        """The release, as OCI clients name it."""
        return f"{self.registry}/library/opensnoop@{self.released['digest']}"

    @property
    def issuer(self) -> str:
        """The issuer in the authority's certificates."""
        return f"{self.hub.url}/sigstore/oidc"

    def document(self, name: str) -> Path:
        """`trusted_root`, `signing_config` or `trust_config`, as the hub serves it."""
        path = self.folder / f"{name}.json"
        path.write_bytes(self.hub.ask(f"/sigstore/{name}.json").body)
        return path

    def token(self, identity: str) -> Path:
        """A file with an identity token."""
        path = self.folder / "identity.token"
        path.write_text(self.hub.identity_token(identity))
        return path

    def signed_by(self, identity: str) -> tuple[object, ...]:
        """Options by which cosign demands the signature of an identity of this authority."""
        root = self.document("trusted_root")
        return ("--trusted-root", root, "--certificate-identity", identity, "--certificate-oidc-issuer", self.issuer)

    def signing_as(self, identity: str) -> tuple[object, ...]:
        """Options by which cosign signs with this authority, as an identity, asking nobody."""
        token = ("--identity-token", self.token(identity))
        return ("--yes", *self.signing(), *token)

    def signing(self) -> tuple[object, ...]:
        """Options that name this authority's services to cosign, and the root that their answers must verify with."""
        return ("--signing-config", self.document("signing_config"), "--trusted-root", self.document("trusted_root"))

    def bundles(self) -> dict[str, Path]:
        """The release's Sigstore bundles, as an OCI client finds them, by predicate type."""
        found: dict[str, Path] = {}
        repository = "/v2/library/opensnoop"
        for item in self.hub.ask(f"{repository}/referrers/{self.released['digest']}").json()["manifests"]:
            if predicate := item.get("annotations", {}).get("dev.sigstore.bundle.predicateType"):
                (layer,) = self.hub.ask(f"{repository}/manifests/{item['digest']}").json()["layers"]
                path = self.folder / f"{len(found)}.sigstore.json"
                path.write_bytes(self.hub.ask(f"{repository}/blobs/{layer['digest']}").body)
                found[predicate] = path
        return found


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One hub for all: tests add to it, and damage nothing."""
    folder = tmp_path_factory.mktemp("place")
    package = build_opensnoop(folder)
    hub = RunningHub.make(folder / "hub", "--plain")
    with hub.serving():
        admin = Ecli(folder / "home")
        admin.login(hub, hub.token(ADMIN, role="admin"))
        (folder / "files").mkdir()
        yield Place(hub, admin, package, admin.publish(hub, package), folder / "files")


@pytest.fixture
def reader(place: Place, tmp_path: Path) -> Ecli:
    """A new user who trusts the hub and has fetched nothing yet."""
    ecli = Ecli(tmp_path / "reader")
    ecli.trust(place.hub)
    return ecli


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    """A process that opens a file of a name of its own again and again."""
    with Opener.start(tmp_path) as opener:
        yield opener
