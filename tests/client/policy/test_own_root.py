"""A trust domain in a rule is the Sigstore that is known here, whatever an origin calls by that name."""

from __future__ import annotations

from pathlib import Path

import pytest
from ebpfhub.client.domains import Domains
from ebpfhub.client.home import Home
from ebpfhub.client.policy.demands import check_own_root
from ebpfhub.client.policy.rule import Rule
from ebpfhub.client.settings import Settings
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import Release
from ebpfhub.schemas.errors import NotFound, NotTrusted
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.roots import TrustDomain

from ...sigstores import ALICE, Sigstore

ACME, EVIL = Sigstore("acme.test"), Sigstore("acme.test")
MANIFEST = Digest.of(b"manifest")
DEMANDED = Settings(rules=(Rule("ecli.toml:1", ("*/*/*",), domains=("acme",)),))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "user", tmp_path / "machine")
    Domains(made).add("acme", ACME.root, where="acme.json")
    return made


def judged(home: Home, sigstore: Sigstore, domain: TrustDomain, settings: Settings = DEMANDED) -> None:
    who = Identity("acme", sigstore.issuer, ALICE)
    release = Release(0, "tools", "x", "1.0.0", MANIFEST, 8, who, (MANIFEST,), MANIFEST, 1)
    check_own_root(release, [sigstore.sign(MANIFEST)], domain, settings=settings, home=home)


def test_another_sigstore_under_a_known_name_is_refused(home: Home) -> None:
    with pytest.raises(NotTrusted, match="calls a Sigstore 'acme' which is not the one known here") as refused:
        judged(home, EVIL, EVIL.domain("acme"))
    assert refused.value.check == "policy"


def test_the_known_root_and_a_newer_spelling_of_it_are_taken(home: Home) -> None:
    judged(home, ACME, ACME.domain("acme"))
    judged(home, ACME, TrustDomain.parse("acme", b" " + ACME.root))


def test_a_name_that_is_not_known_here_means_nobody(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no trust domain 'acme' here"):
        judged(Home(tmp_path / "new", tmp_path / "machine"), ACME, ACME.domain("acme"))


def test_without_a_rule_the_origin_s_word_is_enough(home: Home) -> None:
    judged(home, EVIL, EVIL.domain("acme"), Settings())
