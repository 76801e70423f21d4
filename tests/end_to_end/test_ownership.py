"""What an owner changes after a release, what the hub may do in an owner's place, and what clients and mirrors make of it.

Real processes: a hub with its authority, a mirror of it, publishers and readers with homes of their own.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.schemas.entry import parse_entry, signed_part
from ebpfhub.schemas.mandate import HUB
from ebpfhub.schemas.ownership import Claim, Yank
from ebpfhub.signing.sign import sign_order

from ..hubs import ADMIN, Ecli, Reply, RunningHub, build_opensnoop, ebpfhub
from ..mirrors import Mirror, fsck, mirror_of, size_of

ALICE, BOB, MALLORY = "alice@example.org", "bob@example.org", "mallory@example.org"
NOT_TRUSTED = 4  # exit code


@dataclass(frozen=True)
class Place:
    """A hub, a mirror of it, and three publishers who are logged in. `package` is opensnoop, not yet signed."""

    hub: RunningHub
    mirror: Mirror
    alice: Ecli
    bob: Ecli
    mallory: Ecli
    package: Path
    folder: Path

    @property
    def issuer(self) -> str:
        return f"{self.hub.url}/sigstore/oidc"

    def release(self, who: Ecli, namespace: str, version: str, *, expect: int | None = 0) -> dict[str, Any]:
        words = (
            "publish",
            self.package,
            "--to",
            self.hub.url,
            "--namespace",
            namespace,
            "--version",
            version,
            "--json",
        )
        done = who.run(*words, expect=expect)
        return dict(json.loads(done.stdout)) if done.returncode == 0 else {"error": done.stderr}

    def reader(self, name: str) -> Ecli:
        """A new user who trusts the hub and has fetched nothing yet."""
        ecli = Ecli(self.folder / name)
        ecli.trust(self.hub)
        return ecli

    def owner(self, identity: str) -> tuple[str, str, str]:
        return "hub", self.issuer, identity

    def order(self, body: dict[str, str], *, who: str) -> Reply:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.hub.token(who)}"}
        return self.hub.ask("/api/v1/orders", method="POST", body=json.dumps(body).encode(), headers=headers)

    def signed(self, order: Claim | Yank, identity: str) -> dict[str, str]:
        """What `POST /api/v1/orders` takes, signed by an identity of the hub's authority."""
        config = self.hub.ask("/sigstore/trust_config.json").body
        token = self.hub.identity_token(identity)
        bundle, _ = sign_order(order, trust_config=config, identity_token=token)
        return {
            "order": base64.b64encode(signed_part(order)).decode(),
            "bundle": base64.b64encode(bundle).decode(),
        }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    package = build_opensnoop(folder)
    hub = RunningHub.make(folder / "hub")
    with hub.serving():
        hub.token(ADMIN, role="admin")
        people = {}
        for name in (ALICE, BOB, MALLORY):
            people[name] = Ecli(folder / name.partition("@")[0])
            people[name].trust(hub)
            people[name].login(hub, hub.token(name))
        mirror = mirror_of(hub, folder / "mirror")
        try:
            yield Place(hub, mirror, people[ALICE], people[BOB], people[MALLORY], package, folder)
        finally:
            mirror.hub.stop()


def refused(who: Ecli, *words: object) -> str:
    """Demand that trust is missing, and nothing was installed; what was said."""
    done = who.run(*words, expect=NOT_TRUSTED)
    assert "Traceback" not in done.stderr
    return done.stderr


def version(who: Ecli, reference: str) -> str:
    """The version that is verified and installed under a reference."""
    who.run("pull", reference)
    return str(who.json("inspect", reference)["version"])


def test_yanked_version_is_refused_with_its_reason_and_latest_falls(place: Place) -> None:
    place.release(place.alice, "one", "1.0.0")
    place.release(place.alice, "one", "1.1.0")
    reader = place.reader("yank-reader")
    reader.run("pull", "one/opensnoop:1.1.0")
    reader.run("export", "one/opensnoop:1.1.0", "-o", place.folder / "old.bpf")
    reader.run("verify", place.folder / "old.bpf")
    told = place.alice.json("yank", "one/opensnoop:1.1.0", "--reason", "crashes on 6.1")
    assert (told["kind"], told["subject"], told["identity"]) == ("yank", "one/opensnoop", ALICE)
    said = refused(reader, "run", "--verify", "--refresh", "one/opensnoop:1.1.0")
    assert "one/opensnoop:1.1.0 was yanked by alice@example.org" in said and "crashes on 6.1" in said
    assert "1.0.0" in reader.run("inspect", "one/opensnoop").stdout, "latest is the highest that is left"
    # what this machine has learned wins over an older file, and over an older receipt, with no server to ask
    assert "was yanked" in refused(reader, "verify", place.folder / "old.bpf")
    assert not list((reader.home / "receipts").rglob("1.1.0.json"))
    # search and OCI clients follow; the bytes stay
    assert place.hub.ask("/v2/one/opensnoop/manifests/1.1.0").status == 404
    listed = place.hub.ask("/v2/one/opensnoop/tags/list").json()["tags"]
    assert sorted(listed) == ["1.0.0", "latest"]
    (found,) = [
        item for item in place.hub.ask("/api/v1/search?q=opensnoop").json()["results"] if item["namespace"] == "one"
    ]
    assert found["version"] == "1.0.0"
    assert "1.1.0 was yanked" in place.release(place.alice, "one", "1.1.0", expect=9)["error"]


def test_withdrawn_package_is_refused_by_who_hears_of_it_from_a_mirror(place: Place) -> None:
    place.release(place.alice, "two", "1.0.0")
    reader = Ecli(place.folder / "mirror-reader")
    reader.run(
        "trust", "add", place.mirror.hub.url, "--origin", place.hub.origin, "--fingerprint", place.hub.fingerprint
    )
    place.mirror.wait(size_of(place.hub))
    reader.run("pull", "two/opensnoop")
    place.alice.run("yank", "two/opensnoop:1.0.0")
    place.mirror.wait(size_of(place.hub))
    assert "was yanked by alice@example.org" in refused(reader, "pull", "two/opensnoop:1.0.0")
    said = reader.run("pull", "two/opensnoop", expect=3).stderr
    assert "no version or tag 'latest'" in said
    for hub in (place.hub, place.mirror.hub):
        names = [item["namespace"] for item in hub.ask("/api/v1/search?q=opensnoop").json()["results"]]
        assert "two" not in names
        assert fsck(hub)[0] == []


def test_owner_sets_a_tag_and_moves_it(place: Place) -> None:
    place.release(place.alice, "three", "1.0.0")
    place.release(place.alice, "three", "2.0.0")
    place.alice.run("tag", "three/opensnoop:1.0.0", "stable")
    reader = place.reader("tag-reader")
    assert version(reader, "three/opensnoop:stable") == "1.0.0"
    place.alice.run("tag", "three/opensnoop:2.0.0", "stable")
    assert version(place.reader("tag-reader-2"), "three/opensnoop:stable") == "2.0.0"
    place.alice.run("tag", "three/opensnoop", "stable", "--remove")
    assert (
        "no version or tag 'stable'"
        in place.reader("tag-reader-3").run("pull", "three/opensnoop:stable", expect=3).stderr
    )
    assert "follows the releases" in place.alice.run("tag", "three/opensnoop:1.0.0", "latest", expect=2).stderr


def test_stranger_changes_nothing(place: Place) -> None:
    place.release(place.alice, "four", "1.0.0")
    size = size_of(place.hub)
    for words in (
        ("yank", "four/opensnoop:1.0.0"),
        ("tag", "four/opensnoop:1.0.0", "stable"),
        ("owner", "four", "--add", *place.owner(MALLORY)),
        ("revoke", "four", *place.owner(ALICE), "--since", "0"),
    ):
        said = place.mallory.run(*words, expect=None)
        assert said.returncode != 0 and "mallory@example.org" in said.stderr and "does not own" in said.stderr, said
    assert size_of(place.hub) == size, "nothing was logged"


def test_namespace_is_handed_over_and_who_knew_its_owner_follows(place: Place) -> None:
    place.release(place.alice, "five", "1.0.0")
    reader = place.reader("follower")
    reader.run("pull", "five/opensnoop")
    handed = place.alice.json("owner", "five", "--add", *place.owner(BOB), "--remove", *place.owner(ALICE))
    assert [item["pattern"] for item in reader.json("owner", "five")["owners"]] == [BOB]
    assert "does not own" in place.release(place.alice, "five", "1.1.0", expect=None)["error"]
    place.release(place.bob, "five", "1.1.0")
    told = reader.json("verify", "five/opensnoop:1.1.0")
    assert told["publisher"].startswith(BOB)
    # the release of before stands on the claim of its day
    old = place.reader("newcomer")
    assert old.json("verify", "five/opensnoop:1.0.0")["publisher"].startswith(ALICE)
    place.mirror.wait(size_of(place.hub))
    claim = parse_entry(_entry(place.hub, handed["log_index"]))
    assert isinstance(claim, Claim) and claim.mandate.bundle is not None
    bundle = claim.mandate.bundle
    for hub, path in ((place.hub, "/log"), (place.mirror.hub, place.mirror.path)):
        assert hub.ask(f"{path}/bundle/{bundle.hex}").status == 200
        assert hub.ask(f"{path}/bundle/{'0' * 64}").status == 404
        assert fsck(hub)[0] == []


def test_package_file_shows_a_hand_over_with_no_network(place: Place) -> None:
    place.release(place.alice, "six", "1.0.0")
    reader = place.reader("offline")
    reader.run("pull", "six/opensnoop")
    place.alice.run("owner", "six", "--add", *place.owner(BOB), "--remove", *place.owner(ALICE))
    place.release(place.bob, "six", "1.1.0")
    courier = place.reader("courier")
    courier.run("pull", "six/opensnoop")
    courier.run("export", "six/opensnoop", "-o", place.folder / "six.bpf")
    place.hub.stop()
    try:
        told = reader.json("verify", place.folder / "six.bpf")
        assert told["publisher"].startswith(BOB)
    finally:
        place.hub.start()


def test_namespace_taken_by_force_stops_whoever_knew_its_owner(place: Place) -> None:
    place.release(place.alice, "seven", "1.0.0")
    knows, new = place.reader("knows"), place.reader("does-not-know")
    knows.run("pull", "seven/opensnoop")
    told = ebpfhub(
        "namespace", "claim", place.hub.folder, "seven", "--owner", *place.owner(MALLORY), "--force", "--json"
    )
    index = json.loads(told.stdout)["entry"]
    place.release(place.mallory, "seven", "1.1.0")
    said = refused(knows, "pull", "seven/opensnoop:1.1.0")
    assert "took the namespace seven from its owners by force" in said and MALLORY in said
    assert f"ecli trust accept {place.hub.origin}/seven --claim {index}" in said
    assert not list((knows.home / "receipts").rglob("1.1.0.json"))
    assert (
        "by force"
        in new.run("pull", "seven/opensnoop:1.1.0").stderr + new.run("verify", "seven/opensnoop:1.1.0").stdout
    )
    knows.run("trust", "accept", f"{place.hub.origin}/seven", "--claim", index)
    knows.run("pull", "seven/opensnoop:1.1.0")
    # what was agreed to is this claim and no other one
    ebpfhub("namespace", "claim", place.hub.folder, "seven", "--owner", *place.owner(BOB), "--force")
    place.release(place.bob, "seven", "1.2.0")
    assert "by force" in refused(knows, "pull", "seven/opensnoop:1.2.0")


def test_revoked_signer_is_refused_and_others_stand(place: Place) -> None:
    assert "nobody has claimed" in place.alice.run("owner", "eight", expect=3).stderr
    first = place.release(place.alice, "eight", "1.0.0")
    place.alice.run("owner", "eight", "--add", *place.owner(BOB))
    second = place.release(place.bob, "eight", "1.1.0")
    assert first["log_index"] < second["log_index"]
    reader = place.reader("revoke-reader")
    reader.run("pull", "eight/opensnoop:1.1.0")
    place.alice.run("revoke", "eight", *place.owner(BOB), "--since", second["log_index"], "--reason", "stolen token")
    said = refused(reader, "run", "--verify", "--refresh", "eight/opensnoop:1.1.0")
    assert "was revoked by alice@example.org" in said and "stolen token" in said
    assert version(reader, "eight/opensnoop") == "1.0.0"
    assert "is revoked" in place.release(place.bob, "eight", "1.2.0", expect=None)["error"]


def test_operator_withdraws_for_everybody_to_see(place: Place) -> None:
    place.release(place.mallory, "nine", "1.0.0")
    ebpfhub("namespace", "yank", place.hub.folder, "nine/opensnoop:1.0.0", "--reason", "malware")
    said = refused(place.reader("nine-reader"), "pull", "nine/opensnoop:1.0.0")
    assert "was yanked by the hub, in the owner's place: malware" in said
    released = place.release(place.mallory, "nine", "1.1.0")
    ebpfhub(
        *("namespace", "revoke", place.hub.folder, *place.owner(MALLORY), "--since", released["log_index"]),
        *("--in", "nine", "--reason", "again"),
    )
    assert "revoked by the hub" in refused(place.reader("nine-reader-2"), "pull", "nine/opensnoop:1.1.0")
    ebpfhub("namespace", "claim", place.hub.folder, "nine", "--owner", *place.owner(BOB), "--force")
    told = [item for item in recorded(place.hub) if "nine" in str(item)]
    assert [item["what"] for item in told] == ["yank", "revocation", "claim"]
    assert all(item["by"] == "command" and item["forced"] == "yes" and item["entry"].isdigit() for item in told)
    assert told[0]["package"] == "nine/opensnoop:1.0.0" and told[1]["whom"] == MALLORY
    lines = ebpfhub("authority", "audit", place.hub.folder).stdout
    assert re.search(r"yank +command  nine/opensnoop:1\.0\.0  by force\n", lines)


def test_order_is_good_for_one_log_one_state_and_one_content(place: Place) -> None:
    place.release(place.alice, "ten", "1.0.0")
    held = place.hub.ask("/api/v1/namespace?namespace=ten&package=opensnoop").json()
    assert held["by"] == "hub" and [item["pattern"] for item in held["owners"]] == [ALICE]
    yank = Yank(0, place.hub.origin, "ten", "opensnoop", "1.0.0", "", held["changed"], HUB)
    good = place.signed(yank, ALICE)
    size = size_of(place.hub)
    elsewhere = place.signed(Yank(0, "hub.other", "ten", "opensnoop", "1.0.0", "", held["changed"], HUB), ALICE)
    assert (place.order(elsewhere, who=ALICE).status, size_of(place.hub)) == (403, size)
    old = place.signed(Yank(0, place.hub.origin, "ten", "opensnoop", "1.0.0", "", held["changed"] - 1, HUB), ALICE)
    assert place.order(old, who=ALICE).status == 409
    changed = Yank(0, place.hub.origin, "ten", "opensnoop", "1.0.0", "another reason", held["changed"], HUB)
    swapped = {"order": base64.b64encode(signed_part(changed)).decode(), "bundle": good["bundle"]}
    answer = place.order(swapped, who=ALICE)
    assert answer.status == 403 and answer.json()["check"] in ("digests", "signature")
    assert place.order({"order": good["order"], "bundle": "e30="}, who=ALICE).status == 403
    assert place.order({"order": "////", "bundle": good["bundle"]}, who=ALICE).status == 400
    headers = {"Content-Type": "application/json"}
    nobody = place.hub.ask("/api/v1/orders", method="POST", body=json.dumps(good).encode(), headers=headers)
    assert nobody.status in (401, 403) and size_of(place.hub) == size
    assert place.order(good, who=BOB).status == 201, "who brings it does not matter: the signature counts"
    assert place.order(good, who=ALICE).status == 409, "it cannot be replayed"


def test_archive_brings_orders_to_an_island(place: Place, tmp_path: Path) -> None:
    place.release(place.alice, "eleven", "1.0.0")
    place.alice.run("owner", "eleven", "--add", *place.owner(BOB))
    place.release(place.bob, "eleven", "1.1.0")
    place.alice.run("yank", "eleven/opensnoop:1.1.0", "--reason", "no good")
    ebpfhub("export", place.hub.folder, tmp_path / "all.hubx")
    island = RunningHub.make(tmp_path / "island", origin="island.test", authority=False)
    ebpfhub("import", island.folder, tmp_path / "all.hubx", "--fingerprint", place.hub.fingerprint)
    with island.serving():
        reader = Ecli(tmp_path / "islander")
        reader.run("trust", "add", island.url, "--origin", place.hub.origin, "--fingerprint", place.hub.fingerprint)
        said = refused(reader, "pull", "eleven/opensnoop:1.1.0")
        assert "was yanked by alice@example.org" in said and "no good" in said
        reader.run("pull", "eleven/opensnoop")
        assert fsck(island)[0] == []


def test_hub_that_was_stopped_shows_what_was_withdrawn(place: Place) -> None:
    place.release(place.alice, "twelve", "1.0.0")
    place.release(place.alice, "twelve", "1.1.0")
    place.hub.stop()
    try:
        ebpfhub("namespace", "yank", place.hub.folder, "twelve/opensnoop:1.1.0", "--reason", "while it slept")
    finally:
        place.hub.start()
    found = place.hub.ask("/api/v1/search?q=opensnoop").json()["results"]
    assert [item["version"] for item in found if item["namespace"] == "twelve"] == ["1.0.0"]
    assert [item["what"] for item in recorded(place.hub) if "twelve" in str(item)] == ["yank"]


def recorded(hub: RunningHub) -> list[dict[str, str]]:
    """The hub's audit log, the oldest event first."""
    lines = ebpfhub("authority", "audit", hub.folder, "--json").stdout.splitlines()
    return [json.loads(line) for line in lines]


def _entry(hub: RunningHub, index: int) -> bytes:
    from ebpfhub.federation.log.tiles import unpack_entries

    size = size_of(hub)
    width = min(256, size - index // 256 * 256)
    partial = f".p/{width}" if width < 256 else ""
    data = hub.ask(f"/log/tile/entries/{index // 256:03}{partial}").body
    return unpack_entries(data, count=width, where="entries")[index % 256]


def test_pages_say_who_withdrew_a_version_and_why(place: Place) -> None:
    place.release(place.alice, "thirteen", "1.0.0")
    place.alice.run("yank", "thirteen/opensnoop:1.0.0", "--reason", "it <b>crashes</b>")
    page = place.hub.ask("/packages/thirteen/opensnoop/1.0.0").text
    assert "Withdrawn by alice@example.org." in page and "it &lt;b&gt;crashes&lt;/b&gt;" in page
    place.mirror.wait(size_of(place.hub))
    chinese = {"Accept-Language": "zh"}
    mirrored = place.mirror.hub.ask(f"/packages/{place.hub.origin}/thirteen/opensnoop/1.0.0", headers=chinese)
    assert "由 alice@example.org 撤回。" in mirrored.text
    ebpfhub("namespace", "claim", place.hub.folder, "thirteen", "--owner", *place.owner(BOB), "--force")
    assert "to its owners by force" in place.hub.ask("/packages/thirteen/opensnoop").text
