"""A package in an ordinary repository, pushed and signed by other people's tools, runs as a verified thing."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas import media
from ebpfhub.schemas.codec import canonical_json
from ebpfhub.schemas.oci import Descriptor

from ..conformance.go_tools import ORAS, go_tool
from ..hubs import COMMAND_SECONDS, Ecli, RunningHub
from ..node.registry.server import environment
from ..sigstores import ALICE, Sigstore
from .machine import Opener, refused, rows

ACME = Sigstore("acme.test")
SIGNER = ("--identity", ALICE, "--issuer", ACME.issuer, "--domain", "acme")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """A hub that serves plain repositories too."""
    hub = RunningHub.make(tmp_path_factory.mktemp("plain") / "hub", "--plain")
    with hub.serving():
        yield hub


@pytest.fixture
def user(tmp_path: Path) -> Ecli:
    """Somebody who knows the Sigstore `acme`, and no hub."""
    ecli = Ecli(tmp_path / "user")
    (tmp_path / "root.json").write_bytes(ACME.root)
    ecli.run("trust", "domain", "add", "acme", tmp_path / "root.json")
    return ecli


def pushed(hub: RunningHub, package: Path, folder: Path, name: str, *options: str, signer: str = ALICE) -> str:
    """Push a package by `oras cp`, and its signature by `oras attach`."""
    file = PackageFile.read(package.read_bytes())
    manifest = file.contents.manifest
    layout = folder / name
    tagged = Descriptor.of(media.OCI_MANIFEST, manifest.raw, **{"org.opencontainers.image.ref.name": "v1"})
    held = {
        "oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
        "index.json": canonical_json({"schemaVersion": 2, "manifests": [tagged.to_json()]}),
        f"blobs/sha256/{manifest.digest.hex}": manifest.raw,
    } | {f"blobs/sha256/{digest.hex}": data for digest, data in file.contents.blobs.items()}
    for path, data in held.items():
        (layout / path).parent.mkdir(parents=True, exist_ok=True)
        (layout / path).write_bytes(data)
    (folder / "bundle.json").write_bytes(ACME.sign(manifest.digest, signer))
    image = f"127.0.0.1:{hub.port}/plain/{name}:v1"
    oras(folder, "login", "--plain-http", "-u", "me", "--password-stdin", image.partition("/")[0], stdin=hub.token())
    oras(folder, "cp", "--from-oci-layout", "--to-plain-http", f"{layout}:v1", image)
    kind = ("--artifact-type", media.SIGSTORE_BUNDLE)
    oras(folder, "attach", "--plain-http", *options, *kind, image, f"bundle.json:{media.SIGSTORE_BUNDLE}")
    return f"oci://{image}"


def oras(folder: Path, *words: str, stdin: str = "") -> None:
    done = subprocess.run(
        [go_tool(ORAS), *words],
        env=environment(folder), cwd=folder, input=stdin, check=False, capture_output=True, text=True, timeout=COMMAND_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("how", ["v1.1-referrers-api", "v1.1-referrers-tag"])
def test_a_signed_package_of_any_registry_runs_as_verified(
    plain: RunningHub, package: Path, user: Ecli, tmp_path: Path, opener: Opener, how: str
) -> None:
    place = pushed(plain, package, tmp_path, how.replace(".", ""), "--distribution-spec", how)
    user.run("pull", place, *SIGNER)
    done = user.run("run", "--verify", *SIGNER, "--max-events", "2", place, "--pid", opener.pid)
    assert len(rows(done.stdout)) == 2
    said = done.stderr.splitlines()
    assert said[0] == f"ecli: {place} is signed by {ALICE} (by {ACME.issuer}), trust domain acme"
    assert [line.split()[1] for line in said if line.startswith("  ok")] == ["signature", "identity", "digests"]


def test_what_somebody_else_signed_is_not_loaded(plain: RunningHub, package: Path, user: Ecli, tmp_path: Path) -> None:
    place = pushed(plain, package, tmp_path, "mallory", signer="mallory@example.org")
    refused(user, "run", *SIGNER, place, kind="not-trusted", says="signed by mallory@example.org")
    refused(user, "run", "--verify", place, kind="not-trusted", says="--verify demands a signature")
    refused(user, "run", *SIGNER[:4], place, kind="not-trusted", says="trust domain public does not know")
    refused(user, "run", *SIGNER[:2], place, kind="bad-input", says="same name at another issuer")


def test_rules_hold_for_images_too(plain: RunningHub, package: Path, user: Ecli, tmp_path: Path) -> None:
    place = pushed(plain, package, tmp_path, "ruled")
    settings = user.home / "ecli.toml"
    name = place.removesuffix(":v1")
    for names in (name, "oci://*/plain/*"):
        settings.write_text(f'[[rule]]\nnames = "{names}"\nidentity = "bob@*"\n')
        for words in (("run", *SIGNER, place), ("pull", place, *SIGNER), ("verify", place, *SIGNER)):
            refused(user, *words, kind="not-trusted", says=f"signed by {ALICE}, and the policy demands bob@")
    settings.write_text(f'[[rule]]\nnames = "{name}"\nidentity = "{ALICE}"\ndomain = "acme"\n')
    checks = {item["name"]: item["evidence"] for item in user.json("verify", place, *SIGNER)["checks"]}
    assert checks["policy"].endswith("ecli.toml:1")
    settings.write_text(f'[[rule]]\nnames = "{name}"\ndeny = "observes:files"\n')
    for words in (("run", *SIGNER, place), ("pull", place, *SIGNER), ("verify", place, *SIGNER)):
        refused(user, *words, kind="denied", says=r"ecli\.toml:1 denies what it may do: observes:files")
    (user.home / "w.txt").write_text("quorum none\n")
    settings.write_text(f'[[rule]]\nnames = "{name}"\nquorum = "w.txt"\n')
    refused(user, "verify", *SIGNER, place, kind="not-trusted", says="no hub's log speaks for this image")
    settings.write_text("[policy]\nunnamed = false\n")
    refused(user, "run", *SIGNER, place, kind="not-trusted", says=f"no rule of the policy is for {name}")
