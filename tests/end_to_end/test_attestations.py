"""Provenance and SBOM from a build to its readers: attached, signed, logged, shown; and what a hub does not log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas import media
from ebpfhub.schemas.attestation import KINDS, attached
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.oci import Manifest

from ..hubs import Ecli, RunningHub, ebpfhub

SLSA, CYCLONEDX, SIGNATURE = media.SLSA_PROVENANCE, media.CYCLONEDX_PREDICATE, media.COSIGN_SIGN_PREDICATE
WHAT = "dev.sigstore.bundle.predicateType"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("attested") / "hub")
    with made.serving():
        yield made


@pytest.fixture(scope="module")
def publisher(hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    ecli = Ecli(tmp_path_factory.mktemp("publisher"))
    ecli.login(hub, hub.token(role="admin"))
    return ecli


@pytest.fixture
def reader(hub: RunningHub, tmp_path: Path) -> Ecli:
    ecli = Ecli(tmp_path / "reader")
    ecli.trust(hub)
    return ecli


@pytest.fixture(scope="module")
def published(hub: RunningHub, publisher: Ecli, package: Path) -> Any:
    return publisher.publish(hub, package)


def referrers(hub: RunningHub, repository: str, digest: str) -> list[tuple[str, str]]:
    listed = hub.ask(f"/v2/{repository}/referrers/{digest}").json()["manifests"]
    return sorted((item["artifactType"], item.get("annotations", {}).get(WHAT, "")) for item in listed)


def test_hub_shows_them_as_referrers_bare_and_signed(hub: RunningHub, published: Any) -> None:
    bundle = media.SIGSTORE_BUNDLE
    expected = [(bundle, SLSA), (bundle, CYCLONEDX), (bundle, SIGNATURE), (media.IN_TOTO, ""), (media.CYCLONEDX, "")]
    assert referrers(hub, "library/opensnoop", published["digest"]) == sorted(expected)


@pytest.mark.usefixtures("published")
def test_reader_gets_them_signed_by_the_publisher(reader: Ecli, package: Path) -> None:
    file = PackageFile.read(package.read_bytes())
    told = reader.json("inspect", "opensnoop")["attestations"]
    assert [(item["kind"], "admin@example.org" in item["signer"]) for item in told] == [
        ("provenance", True),
        ("sbom", True),
    ]
    done = reader.run("inspect", "opensnoop", "--provenance")
    assert json.loads(done.stdout)["subject"][0]["digest"] == {"sha256": file.contents.manifest.digest.hex}
    assert "signed by admin@example.org" in done.stderr
    assert json.loads(reader.run("inspect", "opensnoop", "--sbom").stdout)["bomFormat"] == "CycloneDX"


@pytest.mark.usefixtures("published")
def test_exported_file_has_them_all(hub: RunningHub, reader: Ecli, tmp_path: Path) -> None:
    reader.run("export", "opensnoop", "-o", tmp_path / "out.bpf")
    with_proofs = reader.run("inspect", tmp_path / "out.bpf", "--sbom")
    assert with_proofs.stdout == reader.run("inspect", "opensnoop", "--sbom").stdout
    assert "signed by" in with_proofs.stderr
    assert [item["kind"] for item in reader.json("inspect", tmp_path / "out.bpf")["attestations"]] == [
        kind.name for kind in KINDS
    ]
    assert "clean" in ebpfhub("fsck", hub.folder).stdout


@pytest.mark.usefixtures("published")
def test_a_release_and_what_is_attached_take_one_certificate(reader: Ecli, tmp_path: Path) -> None:
    """The authority counts certificates for each identity: a release costs its publisher one, whatever it brings."""
    reader.run("export", "opensnoop:0.1.0", "-o", tmp_path / "all.bpf")
    bundles = [json.loads(item) for item in PackageFile.read((tmp_path / "all.bpf").read_bytes()).bundles()]
    certificates = {item["verificationMaterial"]["certificate"]["rawBytes"] for item in bundles}
    assert (len(bundles), len(certificates)) == (3, 1)


def test_local_build_shows_them_as_nobody_s_word(reader: Ecli, package: Path) -> None:
    done = reader.run("inspect", package, "--provenance")
    assert "not signed" in done.stderr
    assert "provenance not signed" in reader.run("inspect", package).stdout


@pytest.mark.usefixtures("published")
def test_page_of_the_package_names_them(hub: RunningHub) -> None:
    page = hub.ask("/packages/library/opensnoop").text
    for words in ("Provenance (SLSA)", "SBOM (CycloneDX)"):
        assert words in page
    assert page.count("signed by the publisher") == 2


def test_renamed_package_s_provenance_is_about_the_package_as_it_was_published(
    hub: RunningHub, publisher: Ecli, reader: Ecli, package: Path
) -> None:
    made = publisher.publish(hub, package, "--version", "7.7.7")
    statement = json.loads(reader.run("inspect", "opensnoop:7.7.7", "--provenance").stdout)
    assert f"sha256:{statement['subject'][0]['digest']['sha256']}" == made["digest"]
    assert json.loads(reader.run("inspect", "opensnoop:7.7.7", "--sbom").stdout)["metadata"]["component"][
        "version"
    ] == ("7.7.7")


def test_package_published_again_from_its_exported_file_is_the_same_release(
    hub: RunningHub, publisher: Ecli, reader: Ecli, published: Any, tmp_path: Path
) -> None:
    reader.run("export", "opensnoop:0.1.0", "-o", tmp_path / "out.bpf")
    again = publisher.publish(hub, tmp_path / "out.bpf")
    assert (again["digest"], again["log_index"]) == (published["digest"], None)


def test_what_others_attach_is_no_part_of_a_release(
    hub: RunningHub, publisher: Ecli, reader: Ecli, package: Path, tmp_path: Path
) -> None:
    publisher.run("build", package.parent.parent, "opensnoop:8.8.8", "-o", tmp_path / "out.bpf")
    file = PackageFile.read((tmp_path / "out.bpf").read_bytes())
    stranger = hub.token("stranger@example.org")
    forged = attached(KINDS[1], b'{"bomFormat":"CycloneDX","forged":true}', file.contents.manifest)
    blobs = {Digest.of(data): data for data in (b"{}", b'{"bomFormat":"CycloneDX","forged":true}')}
    stage(hub, stranger, forged, blobs)
    made = publisher.publish(hub, tmp_path / "out.bpf")
    assert len(referrers(hub, "library/opensnoop", made["digest"])) == 5
    assert "forged" not in reader.run("inspect", "opensnoop:8.8.8", "--sbom").stdout


def stage(hub: RunningHub, token: str, manifest: Manifest, blobs: dict[Digest, bytes]) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    for digest, data in blobs.items():
        url = f"/v2/library/opensnoop/blobs/uploads/?digest={digest}"
        assert hub.ask(url, method="POST", body=data, headers=headers).status == 201
    headers["Content-Type"] = media.OCI_MANIFEST
    url = f"/v2/library/opensnoop/manifests/{manifest.digest}"
    assert hub.ask(url, method="PUT", body=manifest.raw, headers=headers).status == 201
