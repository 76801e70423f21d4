"""What oras pushed and cosign signed with a hub's authority, both unmodified: the hub releases it, clients run it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import zstandard

from ..conformance.go_tools import BUILD_SECONDS
from ..end_to_end.machine import Opener, refused, rows
from ..hubs import Ecli
from .conftest import Place
from .programs import cosign, oras

pytestmark = pytest.mark.timeout(BUILD_SECONDS)  # the first run builds cosign
ALICE, MALLORY = "alice@example.org", "mallory@example.org"


@dataclass(frozen=True)
class Pusher:
    """Alice without ecli: her home, where cosign has logged in to the hub, and her packages as OCI layouts."""

    place: Place
    home: Path

    def build(self, version: str, namespace: str = "tools") -> Path:
        """Build a version, and unpack its file to what every OCI client reads: `layout.tar:VERSION`."""
        file, layout = self.home / f"{version}.bpf", self.home / f"{version}.tar"
        project = self.place.package.parent.parent
        self.place.admin.run("build", project, f"{namespace}/opensnoop:{version}", "-o", file)
        with file.open("rb") as packed, layout.open("wb") as plain:
            zstandard.ZstdDecompressor().copy_stream(packed, plain)
        return layout

    def push(self, version: str, repository: str = "tools/opensnoop", *options: str) -> str:
        """Push a version by `oras cp`; returns the image that cosign can sign, by its digest."""
        source = f"{self.build(version, repository.split('/')[-2])}:{version}"
        image = f"{self.place.registry}/{repository}"
        oras(self.home, "cp", *options, "--from-oci-layout", "--to-plain-http", source, f"{image}:{version}")
        return f"{image}@{oras(self.home, 'resolve', '--oci-layout', source).strip()}"

    def sign(self, image: str, *, identity: str = ALICE, works: bool = True) -> str:
        """`cosign sign`."""
        return cosign(self.home, "sign", *self.place.signing_as(identity), image, works=works)


@pytest.fixture(scope="module")
def alice(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pusher]:
    """Who owns `tools` once she has released something there."""
    home = tmp_path_factory.mktemp("alice")
    words = ("login", place.registry, "--username", "alice", "--password-stdin")
    cosign(home, *words, stdin=place.hub.token(ALICE))
    yield Pusher(place, home)


def test_nobody_sees_it_until_cosign_has_signed_and_then_it_is_a_release(
    place: Place, alice: Pusher, reader: Ecli, opener: Opener, tmp_path: Path
) -> None:
    image = alice.push("1.0.0")
    manifest = f"/v2/tools/opensnoop/manifests/{image.rpartition('@')[2]}"
    assert place.hub.ask(manifest).status == 404
    alice.sign(image)
    assert place.hub.ask(manifest).status == 200
    cosign(tmp_path, "verify", *place.signed_by(ALICE), f"{place.registry}/tools/opensnoop:1.0.0")
    told = reader.json("verify", "tools/opensnoop:1.0.0")
    assert told["publisher"] == f"{ALICE} (by {place.issuer})"
    assert {check["name"] for check in told["checks"]} >= {"inclusion", "owner", "signature", "digests"}
    reader.run("pull", "tools/opensnoop:1.0.0")
    words = ("run", "--verify", "--max-events", "1", "tools/opensnoop:1.0.0", "--pid", opener.pid)
    assert len(rows(reader.run(*words).stdout)) == 1


def test_what_cosign_attested_before_is_part_of_the_release(alice: Pusher, reader: Ecli) -> None:
    image = alice.push("1.1.0", "tools/opensnoop", "--recursive")  # with provenance and SBOM as the build made them
    statement = json.loads(reader.run("inspect", alice.home / "1.1.0.bpf", "--provenance").stdout)
    predicate = alice.home / "predicate.json"
    predicate.write_text(json.dumps(statement["predicate"]))
    words = ("--type", "slsaprovenance1", "--predicate", predicate, image)
    cosign(alice.home, "attest", *alice.place.signing_as(ALICE), *words)
    alice.sign(image)
    told = {item["kind"]: item["signer"] for item in reader.json("inspect", "tools/opensnoop:1.1.0")["attestations"]}
    assert ALICE in told["provenance"] and not told["sbom"]


def test_who_does_not_own_the_namespace_cannot_release_by_cosign(place: Place, alice: Pusher, reader: Ecli) -> None:
    alice.sign(alice.push("1.2.0"))
    image, size = alice.push("6.6.6"), place.hub.ask("/readyz").json()["size"]
    said = alice.sign(image, identity=MALLORY, works=False)
    assert MALLORY in said and "tools" in said
    assert place.hub.ask("/readyz").json()["size"] == size
    refused(reader, "run", "tools/opensnoop:6.6.6", kind="not-found", says="6.6.6")


def test_in_an_ordinary_repository_clients_verify_whom_they_name(
    place: Place, alice: Pusher, opener: Opener, tmp_path: Path
) -> None:
    image = alice.push("2.0.0", "plain/tools/opensnoop")
    alice.sign(image)
    user = Ecli(tmp_path / "user")
    user.run("trust", "domain", "add", "acme", place.document("trusted_root"))
    signer = ("--identity", ALICE, "--issuer", place.issuer, "--domain", "acme")
    words = ("run", "--verify", *signer, "--max-events", "1", f"oci://{image}", "--pid", opener.pid)
    done = user.run(*words)
    assert len(rows(done.stdout)) == 1 and f"is signed by {ALICE}" in done.stderr
    other = ("--identity", MALLORY, *signer[2:])
    refused(user, "run", *other, f"oci://{image}", kind="not-trusted", says=f"signed by {ALICE}")


def test_a_file_that_is_no_package_runs_likewise(place: Place, alice: Pusher, opener: Opener, tmp_path: Path) -> None:
    """The package.json of eunomia-bpf, pushed as any file is."""
    place.admin.run("build", place.package.parent.parent, "--format", "package.json", "-o", alice.home / "package.json")
    name = f"{place.registry}/plain/files/opensnoop"
    oras(alice.home, "push", "--plain-http", f"{name}:v1", "package.json:application/json")
    image = f"{name}@{oras(alice.home, 'resolve', '--plain-http', f'{name}:v1').strip()}"
    alice.sign(image)
    user = Ecli(tmp_path / "user")
    user.run("trust", "domain", "add", "acme", place.document("trusted_root"))
    signer = ("--identity", ALICE, "--issuer", place.issuer, "--domain", "acme")
    words = ("run", "--verify", *signer, "--max-events", "1", f"oci://{name}:v1", "--pid", opener.pid)
    assert len(rows(user.run(*words).stdout)) == 1
