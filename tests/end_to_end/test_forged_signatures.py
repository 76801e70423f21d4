"""Signatures that count for nothing, in a log by stolen keys: readers, mirrors and the true hub refuse each by its name.

The Sigstores that signed are real ones of this process, which sign as whom, when and under which keys a test likes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.origin import read_origin_note
from ebpfhub.signing.public_good import PUBLIC

from ..hubs import Ecli
from ..liar import replaced
from ..mirrors import key_of
from ..sigstores import ALICE, Sigstore
from .forgers import GOOGLE, NAME, TRUE, WAITS, Stage, digest_of, signed, stage_with

ACME, OTHER = Sigstore("acme.test"), Sigstore("other.test")
HOUR = timedelta(hours=1)
AGO = -12 * HOUR  # when what is old was signed: halfway in the life of these Sigstores
SAYS = {
    "certificateAuthorities": "no certificate authority in trust domain {} was valid when it was signed",
    "ctlogs": "no certificate log key in trust domain {} was valid when it was signed",
    "tlogs": "no log key in trust domain {} was valid when it was signed",
    "timestampAuthorities": "the authority of the timestamp in trust domain {} was not valid when it was signed",
}


@dataclass
class Windowed(Sigstore):
    """A Sigstore whose keys of one kind count in a part of its life only: `window` has `start` or `end`."""

    kind: str = ""
    window: dict[str, datetime] = field(default_factory=dict)

    @property
    def root(self) -> bytes:
        root = json.loads(super().root)
        for entry in root[self.kind]:
            times = entry["publicKey"]["validFor"] if "publicKey" in entry else entry["validFor"]
            times.update({name: time.isoformat() for name, time in self.window.items()})
        return json.dumps(root).encode()


NOW = datetime.now(UTC)
RETIRED = {kind: Windowed(f"{kind[:8].lower()}.retired", kind=kind, window={"end": NOW - 18 * HOUR}) for kind in SAYS}
LATER = {kind: Windowed(f"{kind[:8].lower()}.later", kind=kind, window={"start": NOW - 6 * HOUR}) for kind in SAYS}


def with_field(*path: str, value: object) -> Callable[[bytes], bytes]:
    """The bundle with one field more; `0` is the first of a list."""

    def add(bundle: bytes) -> bytes:
        document: Any = json.loads(bundle)
        place = document
        for step in path[:-1]:
            place = place[0] if step == "0" else place[step]
        place[path[-1]] = value
        return json.dumps(document).encode()

    return add


ENTRY = ("verificationMaterial", "tlogEntries", "0")
SPELLINGS: dict[str, Callable[[bytes], bytes]] = {
    "two spellings": with_field(*ENTRY, "log_index", value="1"),
    "said twice": lambda bundle: bundle.replace(b'"payload":', b'"payload":"AAAA","payload":', 1),
}


@pytest.fixture(scope="module")
def stage(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    known = {domain_of(sigstore): sigstore for sigstore in (ACME, *RETIRED.values(), *LATER.values())}
    with stage_with(folder, package, known, strangers={domain_of(OTHER): OTHER}) as stage:
        yield stage


def test_what_alice_signed_would_be_believed(stage: Stage, tmp_path: Path) -> None:
    """So it is the signature alone that is refused below: to the log that the liar shows nothing can be objected."""
    file = stage.file("2.0.0")
    with stage.apart(tmp_path) as apart:
        apart.forge(signed(file, ACME.sign(digest_of(file))), tmp_path)
        assert apart.newcomer.json("verify", NAME)["manifest"] == digest_of(file)


@pytest.mark.parametrize("kind", SAYS)
def test_a_key_that_was_retired_before_signs_nothing(stage: Stage, kind: str, tmp_path: Path) -> None:
    forged, who = old(RETIRED[kind], stage.file("2.0.0"))
    stage.everybody_refuses(forged, tmp_path, SAYS[kind].format(who.domain), identity=who)


@pytest.mark.parametrize("kind", SAYS)
def test_a_key_that_began_later_signs_nothing(stage: Stage, kind: str, tmp_path: Path) -> None:
    forged, who = old(LATER[kind], stage.file("2.0.0"))
    stage.forge(forged, tmp_path, identity=who)
    stage.reader_refuses(stage.reader(tmp_path), SAYS[kind].format(who.domain))


def old(sigstore: Sigstore, file: PackageFile) -> tuple[PackageFile, Identity]:
    """The file as Alice signed it long ago with a Sigstore, and who she is."""
    bundle = sigstore.sign(digest_of(file), certified=AGO, signed=AGO)
    return signed(file, bundle), Identity(domain_of(sigstore), sigstore.issuer, ALICE)


def domain_of(sigstore: Sigstore) -> str:
    """The name by which the hub trusts a Sigstore."""
    return sigstore.origin.replace(".", "-")


@pytest.mark.parametrize("late", [timedelta(minutes=11), timedelta(minutes=-1)], ids=["expired", "not-yet"])
def test_a_signature_outside_of_its_certificates_ten_minutes_is_none(
    stage: Stage, late: timedelta, tmp_path: Path
) -> None:
    file = stage.file("2.0.0")
    forged = signed(file, ACME.sign(digest_of(file), signed=late))
    stage.everybody_refuses(forged, tmp_path, "the certificate was not valid when it was signed")


def test_the_same_name_at_another_issuer_is_somebody_else(stage: Stage, tmp_path: Path) -> None:
    """At another issuer of the Sigstore that she uses, and at another Sigstore that the origin trusts too."""
    file, elsewhere = stage.file("2.0.0"), "https://login.elsewhere.test"
    says = rf"signed by {ALICE} \(by {elsewhere}\), but logged for {ALICE} \(by {ACME.issuer}\)"
    hub_says = f"{ALICE} .* does not own the namespace tools"
    stage.everybody_refuses(
        signed(file, ACME.sign(digest_of(file), issuer=elsewhere)), tmp_path / "1", says, hub_says=hub_says
    )
    file = stage.file("2.1.0")
    says = "trust domain acme-test does not know the log"
    stage.everybody_refuses(signed(file, OTHER.sign(digest_of(file))), tmp_path / "2", says, hub_says=hub_says)


@pytest.mark.parametrize("how", SPELLINGS)
def test_a_bundle_that_two_parsers_read_differently_is_none(stage: Stage, how: str, tmp_path: Path) -> None:
    file = stage.file("2.0.0")
    forged = signed(file, SPELLINGS[how](ACME.sign(digest_of(file))))
    stage.everybody_refuses(forged, tmp_path, "has the unknown field 'log_index'|has the same key twice")


def test_an_attestation_in_a_signatures_place_releases_nothing(stage: Stage, tmp_path: Path) -> None:
    """Alice's own. A hub lets one of a kind that it knows wait for the signature of the package."""
    slsa, other = "https://slsa.dev/provenance/v1", "https://example.org/looks-good/v1"
    file = stage.file("2.0.0")
    forged = signed(file, ACME.sign(digest_of(file), predicate=slsa))
    stage.everybody_refuses(forged, tmp_path, f"the signature states '{slsa}'", hub_says=WAITS)
    stage.hub_refuses(signed(file, ACME.sign(digest_of(file), predicate=other)), f"the signature states '{other}'")


def test_the_bundle_of_another_package_signs_nothing(stage: Stage, tmp_path: Path) -> None:
    forged = signed(stage.file("2.0.0"), ACME.sign(digest_of(stage.file(TRUE))))
    stage.everybody_refuses(forged, tmp_path, "the signature is for sha256:.*, not for sha256:")


def test_the_bytes_of_another_package_are_none_of_this_one(stage: Stage, tmp_path: Path) -> None:
    """Alice has signed them, as a package of another namespace."""
    file = stage.file("2.0.0", namespace="elsewhere")
    forged, says = signed(file, ACME.sign(digest_of(file))), "calls itself elsewhere/opensnoop:2.0.0, the log tools/"
    stage.everybody_refuses(forged, tmp_path, says, hub_says="the package's config says elsewhere/opensnoop")


def test_an_origin_that_calls_its_own_sigstore_public_is_caught(stage: Stage, tmp_path: Path) -> None:
    """Its next note, by its own key, says so; it certifies an identity of Google's, who owns the namespace."""
    evil, file = Sigstore("evil.test"), stage.file("2.0.0")
    root, note = Digest.of(evil.root), read_origin_note(stage.hub.ask("/origin").text)
    domains = tuple((name, root if name == PUBLIC else digest) for name, digest in note.domains)
    key = key_of(stage.hub.folder / "offline" / "origin.key")
    text = replace(note, serial=note.serial + 1, domains=domains).sign(key)
    with stage.apart(tmp_path) as apart:
        forged = signed(file, evil.sign(digest_of(file), issuer=GOOGLE))
        apart.forge(forged, tmp_path, identity=Identity(PUBLIC, GOOGLE, ALICE))
        apart.liar.lies |= {"^/origin$": replaced(text.encode()), f"/trust/{root.hex}": replaced(evil.root)}
        says = "the origin calls a Sigstore `public` which is not the public-good one"
        apart.reader_refuses(apart.reader(tmp_path), says)
        late = Ecli(tmp_path / "late")
        late.run("trust", "add", apart.liar.url, "--fingerprint", stage.hub.fingerprint)
        apart.reader_refuses(late, says)
