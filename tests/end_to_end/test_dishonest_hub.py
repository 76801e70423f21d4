"""Whoever has a hub's log and cosigner keys logs what they like: clients and mirrors refuse what no owner signed.

Real processes: a hub, publishers, readers, and a liar before the hub that shows the other log in its place.
"""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from ebpfhub.client.publish import renamed
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas.answer import ProvenRecord
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import IndexRoot, Release, encode_entry, signed_part
from ebpfhub.schemas.identity import Identity, Owner
from ebpfhub.schemas.mandate import HUB, By, Mandate
from ebpfhub.schemas.ownership import Claim, Tag
from ebpfhub.signing.sign import sign_order

from ..federation.log_fixtures import ORIGIN, Lie, package_record, version_record
from ..hubs import Ecli, RunningHub, ebpfhub
from ..liar import Liar, replaced
from ..stolen_log import StolenLog
from .machine import refused

ALICE, MALLORY = "alice@example.org", "mallory@example.org"
NAME = "tools/opensnoop"


@dataclass(frozen=True)
class Stage:
    """A hub where Alice has released two versions of NAME. `package` is opensnoop, not yet signed."""

    hub: RunningHub
    alice: Ecli
    mallory: Ecli
    package: Path

    def identity(self, name: str) -> Identity:
        return Identity("hub", f"{self.hub.url}/sigstore/oidc", name)

    def owners(self, name: str) -> tuple[Owner, ...]:
        return (Owner("hub", self.identity(name).issuer, name),)

    def signed(self, order: Claim | Tag, name: str) -> bytes:
        """The Sigstore bundle of an order."""
        config, token = self.hub.ask("/sigstore/trust_config.json").body, self.hub.identity_token(name)
        return sign_order(order, trust_config=config, identity_token=token)[0]


@dataclass(frozen=True)
class Victim:
    """A reader for whom the liar is the hub, and the log that the liar shows when it is told to."""

    ecli: Ecli
    liar: Liar
    log: StolenLog

    def refuses(self, says: str, *, since: int = 0, tag: str = "latest") -> None:
        """Show the log as it is now, by its own rules."""
        self.liar.lies |= self.log.lies(self.log.answer(tag, since=since))
        refused(self.ecli, "run", "--verify", f"{NAME}:{tag}", kind="not-trusted", says=says)


@pytest.fixture(scope="module")
def stage(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    hub = RunningHub.make(folder / "hub", origin=ORIGIN)
    with hub.serving():
        people = [Ecli(folder / name.partition("@")[0]) for name in (ALICE, MALLORY)]
        for ecli, name in zip(people, (ALICE, MALLORY), strict=True):
            ecli.trust(hub)
            ecli.login(hub, hub.token(name))
        for version in ("1.0.0", "1.1.0"):
            people[0].publish(hub, package, "--namespace", "tools", "--version", version)
        alice, mallory = people
        yield Stage(hub, alice, mallory, package)


@pytest.fixture
def victim(stage: Stage, tmp_path: Path) -> Iterator[Victim]:
    ecli = Ecli(tmp_path / "home")
    with Liar.before(stage.hub.url) as liar:
        ecli.run("trust", "add", liar.url, "--fingerprint", stage.hub.fingerprint)
        yield Victim(ecli, liar, StolenLog(stage.hub, tmp_path / "stolen"))


def test_forged_entry_of_a_stranger_is_refused(stage: Stage, victim: Victim) -> None:
    log = victim.log
    _, true = log.release(f"{NAME}:1.1.0")
    forged = replace(true, version="6.6.6", identity=stage.identity(MALLORY))
    index = log.write_raw(encode_entry(forged))
    record = package_record(claim=1, tag="6.6.6", owners=stage.owners(ALICE))
    answer = Lie(log, record, version_record(forged, index, claim=1)).tell()
    victim.liar.lies |= log.lies(answer)
    refused(victim.ecli, "run", "--verify", NAME, kind="not-trusted", says="mallory@example.org .* did not own")


def test_relabelled_version_is_refused(stage: Stage, victim: Victim, tmp_path: Path) -> None:
    """The vulnerable 1.0.0 as 2.0.0: by its record, by another record for its release, by a release of its own."""
    log = victim.log
    index, true = log.release(f"{NAME}:1.0.0")
    record = package_record(claim=1, tag="2.0.0", owners=stage.owners(ALICE))
    moved = Lie(log, record, version_record(true, index, claim=1)).tell(place="2.0.0")
    renumbered = Lie(log, record, replace(version_record(true, index, claim=1), version="2.0.0")).tell()
    said = {"record is of another version": moved, "release's entry and the version record differ": renumbered}
    for says, answer in said.items():
        victim.liar.lies |= log.lies(answer)
        refused(victim.ecli, "run", "--verify", NAME, kind="not-trusted", says=says)
    again = replace(victim, log=StolenLog(stage.hub, tmp_path / "again"))
    again.log.write(replace(true, version="2.0.0", time=again.log.replay.time))
    again.refuses("calls itself tools/opensnoop:1.0.0, the log tools/opensnoop:2.0.0")


def test_hidden_release_is_refused(victim: Victim) -> None:
    true = victim.log.answer()
    victim.liar.lies |= victim.log.lies(replace(true, version=None, release=None, claims=true.claims[:1]))
    refused(victim.ecli, "run", "--verify", NAME, kind="not-trusted", says="hides tools/opensnoop:1.1.0")
    absent = ProvenRecord(None, true.package.siblings)
    nothing = replace(true, package=absent, version=None, release=None, claims=())
    victim.liar.lies |= victim.log.lies(nothing)
    refused(victim.ecli, "run", "--verify", NAME, kind="not-trusted", says="proof|map")


def test_bundle_of_another_package_is_refused(victim: Victim) -> None:
    _, old = victim.log.release(f"{NAME}:1.0.0")
    _, true = victim.log.release(f"{NAME}:1.1.0")
    victim.log.write(replace(true, version="2.0.0", referrers=old.referrers))
    victim.refuses("the signature is for sha256:.*, not for sha256:")


def test_release_without_a_signature_is_refused(victim: Victim) -> None:
    _, true = victim.log.release(f"{NAME}:1.1.0")
    victim.log.write(replace(true, version="2.0.0", referrers=()))
    victim.refuses("tools/opensnoop:2.0.0 has no signature")


def test_foreign_identity_is_refused(stage: Stage, victim: Victim, tmp_path: Path) -> None:
    """Mallory has signed the package rightly, under its right name; the log says that Alice did."""
    path = tmp_path / "mine.bpf"
    file = renamed(PackageFile.read(stage.package.read_bytes()), namespace="tools", version="6.6.6")
    path.write_bytes(file.write())
    stage.mallory.run("sign", path, "--to", stage.hub.url)
    signed = PackageFile.read(path.read_bytes())
    manifest = signed.contents.manifest
    _, true = victim.log.release(f"{NAME}:1.1.0")
    named = tuple(item.digest for item in signed.referrers)
    victim.log.write(replace(true, version="6.6.6", manifest=manifest.digest, size=len(manifest.raw), referrers=named))
    for item in (manifest, *signed.referrers):
        victim.liar.lies[f"manifests/{item.digest}"] = replaced(item.raw)
    for digest, data in {**signed.contents.blobs, **signed.blobs}.items():
        victim.liar.lies[f"blobs/{digest}"] = replaced(data)
    victim.refuses("signed by mallory@example.org .*, but logged for alice@example.org")


def test_forged_hand_over_is_refused_by_who_knew_the_owner(stage: Stage, victim: Victim, tmp_path: Path) -> None:
    """By somebody who is no owner; and by the owner's name, with a bundle that is over something else."""
    victim.ecli.run("pull", NAME)
    order = Claim(0, ORIGIN, "tools", stage.owners(MALLORY), 1, HUB)
    mallorys = stage.signed(order, MALLORY)
    alices = stage.signed(replace(order, namespace="elsewhere"), ALICE)
    forged = {
        MALLORY: (mallorys, "mallory@example.org .* did not own the namespace tools that they handed over"),
        ALICE: (alices, "the signature is for"),
    }
    for name, (bundle, says) in forged.items():
        mandate = Mandate(By.OWNER, stage.identity(name), Digest.of(bundle))
        knows = Ecli(Path(shutil.copytree(victim.ecli.home, tmp_path / f"home-of-{name}")))
        log = StolenLog(stage.hub, tmp_path / name)
        _after_a_claim(log, replace(order, mandate=mandate, time=log.replay.time), stage)
        victim.liar.lies |= log.lies(log.answer(since=log.before)) | {"/log/bundle/": replaced(bundle)}
        refused(knows, "pull", NAME, kind="not-trusted", says=says)


def test_tag_moved_back_against_the_rules_stops_a_mirror(stage: Stage, victim: Victim, tmp_path: Path) -> None:
    """No single answer shows it; whoever replays the log finds that its map is not what its entries add up to."""
    log = victim.log
    index, true = log.release(f"{NAME}:1.0.0")
    record = package_record(claim=1, tag="1.0.0", owners=stage.owners(ALICE))
    victim.liar.lies |= log.lies(Lie(log, record, version_record(true, index, claim=1)).tell(time=log.replay.time))
    mirror = RunningHub.make(tmp_path / "mirror", origin="mirror.test", authority=False)
    words = ("mirror", "add", mirror.folder, victim.liar.url, "--fingerprint", stage.hub.fingerprint)
    said = ebpfhub(*words, expect=4).stderr
    assert f"map root at entry {log.size - 1} is not what its entries add up to" in said


def test_tag_moved_back_by_an_order_of_before_is_refused(stage: Stage) -> None:
    """Alice's own order, rightly signed, is brought again after she has moved the tag on."""
    held = stage.hub.ask("/api/v1/namespace?namespace=tools&package=opensnoop").json()
    order = Tag(0, ORIGIN, "tools", "opensnoop", "stable", "1.0.0", held["changed"], HUB)
    body = {"order": _base64(signed_part(order)), "bundle": _base64(stage.signed(order, ALICE))}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {stage.hub.token(ALICE)}"}

    def bring() -> int:
        return stage.hub.ask("/api/v1/orders", method="POST", body=json.dumps(body).encode(), headers=headers).status

    assert bring() == 201
    stage.alice.run("tag", f"{NAME}:1.1.0", "stable")
    assert bring() == 409
    stage.alice.run("pull", f"{NAME}:stable")
    assert stage.alice.json("inspect", f"{NAME}:stable")["version"] == "1.1.0"


def test_short_name_never_means_another_hub(stage: Stage, package: Path, tmp_path: Path) -> None:
    """What the default origin lacks is not found, though another trusted hub has it, in a higher version."""
    other = RunningHub.make(tmp_path / "other", origin="other.test")
    with other.serving():
        mallory = Ecli(tmp_path / "mallory")
        mallory.login(other, other.token(MALLORY))
        for namespace, version in (("tools", "9.9.9"), ("only-there", "1.0.0")):
            mallory.publish(other, package, "--namespace", namespace, "--version", version)
        reader = Ecli(tmp_path / "reader")
        reader.trust(stage.hub)
        reader.trust(other)
        reader.run("pull", NAME)
        assert reader.json("inspect", NAME)["version"] == "1.1.0"
        refused(reader, "pull", "only-there/opensnoop", kind="not-found", says="only-there/opensnoop")
        reader.run("pull", "other.test/tools/opensnoop")
        assert reader.json("inspect", NAME)["version"] == "1.1.0"


def _after_a_claim(log: StolenLog, claim: Claim, stage: Stage) -> None:
    """Log a hand-over and what its new owner releases then: here the owner's own package under a new version."""
    _, true = log.release(f"{NAME}:1.1.0")
    log.replay.apply(claim)
    made: Release = replace(true, version="6.6.6", identity=stage.identity(MALLORY))
    log.replay.apply(made)
    root: IndexRoot = log.replay.next_index(log.replay.time)
    log.replay.apply(root)
    log.write_raw(*(encode_entry(entry) for entry in (claim, made, root)))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
