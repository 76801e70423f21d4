"""Trust domains of a user: added, listed, shown, removed; two names never share or exchange a root by accident."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from ebpfhub.client.commands.root import cli
from ebpfhub.client.domains import Domains
from ebpfhub.client.home import Home
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, Conflict, NotFound
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.retired import Purpose
from ebpfhub.signing.authority.rotation import rotated
from ebpfhub.signing.authority.trust import client_trust_config, trusted_root
from ebpfhub.signing.public_good import public_root

NOW = datetime.now(UTC)
ACME, OTHER = (AuthorityKeys.generate(name, f"https://{name}/oidc", NOW) for name in ("acme.test", "other.test"))
ROTATED = rotated(ACME, tuple(Purpose), NOW + timedelta(hours=1), overlap=timedelta())


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ECLI_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home", tmp_path / "machine")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "root.json").write_bytes(trusted_root(ACME))
    (tmp_path / "config.json").write_bytes(client_trust_config(ACME, "https://acme.test"))
    (tmp_path / "other.json").write_bytes(trusted_root(OTHER))
    return tmp_path


def ecli(*words: object, input: str | None = None, expect: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(word) for word in ("trust", "domain", *words)], input=input)
    assert done.exit_code == expect, done.output
    return done


def test_public_is_known_from_the_start(files: Path) -> None:
    (known,) = json.loads(ecli("list", "--json").stdout)
    assert (known["name"], known["root"], known["signing"]) == ("public", Digest.of(public_root()), True)
    shown = json.loads(ecli("show", "public", "--json").stdout)
    assert {item["name"] for item in shown["keys"]} >= {"https://fulcio.sigstore.dev", "https://rekor.sigstore.dev"}
    assert "https://rekor.sigstore.dev" in ecli("show", "public").stdout


def test_a_root_or_a_configuration_is_added_listed_shown_and_removed(files: Path) -> None:
    digest = Digest.of(trusted_root(ACME))
    assert digest in ecli("add", "acme", files / "root.json").stdout
    assert not json.loads(ecli("show", "acme", "--json").stdout)["signing"]
    made = json.loads(ecli("add", "acme", files / "config.json", "--json").stdout)  # the same root, and addresses now
    assert (made["root"], made["signing"]) == (digest, True)
    ecli("add", "other", files / "other.json")
    assert [item["name"] for item in json.loads(ecli("list", "--json").stdout)] == ["public", "acme", "other"]
    assert str(files / "home" / "domains" / "acme.json") in ecli("list").stdout
    ecli("remove", "acme")
    assert "ecli trust domain add acme" in ecli("show", "acme", expect=3).stderr
    assert [item["name"] for item in json.loads(ecli("list", "--json").stdout)] == ["public", "other"]


def test_another_sigstore_under_a_known_name_is_refused(files: Path) -> None:
    ecli("add", "acme", files / "root.json")
    refused = ecli("add", "acme", files / "other.json", "--yes", expect=9).stderr
    assert Digest.of(trusted_root(ACME)) in refused and "ecli trust domain remove acme" in refused
    assert "it has not the certificate authority https://acme.test/sigstore/fulcio" in refused


def test_a_rotated_root_shows_what_it_changes_and_is_agreed_to(files: Path) -> None:
    ecli("add", "acme", files / "config.json")
    new = files / "rotated.json"
    new.write_bytes(trusted_root(ROTATED))
    for answer, code in (("", 7), ("n\n", 7), ("y\n", 0)):
        done = ecli("add", "acme", new, input=answer, expect=code)
        for kind in ("certificate authority", "certificate log", "log", "timestamp authority"):
            assert f"the {kind} https://" in done.stderr and " ends: valid " in done.stderr
            assert f"new {kind} https://" in done.stderr
        known = json.loads(ecli("show", "acme", "--json").stdout)
        assert known["root"] == Digest.of(new.read_bytes() if code == 0 else trusted_root(ACME))
    assert (
        "not a later root" in ecli("add", "acme", files / "root.json", "--yes", expect=9).stderr
    )  # there is no way back


def test_yes_agrees_beforehand(files: Path) -> None:
    ecli("add", "acme", files / "root.json")
    (files / "rotated.json").write_bytes(trusted_root(ROTATED))
    assert Digest.of(trusted_root(ROTATED)) in ecli("add", "acme", files / "rotated.json", "--yes").stdout


@pytest.mark.parametrize(("name", "says"), [("public", "public-good"), ("hub", "its own authority"), ("Ac.me", "name")])
def test_names_that_mean_something_else_are_refused(files: Path, name: str, says: str) -> None:
    assert says in ecli("add", name, files / "root.json", expect=2).stderr
    assert says in ecli("remove", name, expect=2).stderr


def test_files_that_are_no_trusted_root_are_refused(files: Path) -> None:
    (files / "bad.json").write_text('{"mediaType": "text/plain"}')
    assert "trusted_root.json" in ecli("add", "acme", files / "bad.json", expect=2).stderr
    assert "no such file" in ecli("add", "acme", files / "absent.json", expect=3).stderr
    assert "cannot read" in ecli("add", "acme", files, expect=2).stderr
    assert not (files / "home" / "domains").exists()


def test_the_machine_s_domain_stands_and_is_not_the_user_s_to_change(home: Home) -> None:
    place = home.machine / "domains" / "acme.json"
    place.parent.mkdir(parents=True)
    place.write_bytes(trusted_root(ACME))
    domains = Domains(home)
    assert domains.get("acme").source == str(place)
    with pytest.raises(Conflict, match="is the machine's, and has another root"):
        domains.add("acme", trusted_root(OTHER), where="file")
    with pytest.raises(Conflict, match="machine's"):
        domains.remove("acme")
    mine = home.root / "domains" / "acme.json"  # put there by hand: it changes nothing
    mine.parent.mkdir(parents=True)
    mine.write_bytes(trusted_root(OTHER))
    assert domains.get("acme").domain.digest == Digest.of(trusted_root(ACME))
    assert [item.source for item in domains.all()[1:]] == [str(place)]


def test_a_damaged_file_is_named_and_never_passed_over(home: Home) -> None:
    domains = Domains(home)
    domains.add("acme", trusted_root(ACME), where="file")
    place = home.root / "domains" / "acme.json"
    place.write_bytes(place.read_bytes()[:-40])
    with pytest.raises(BadInput, match=r"acme\.json"):
        domains.get("acme")
    with pytest.raises(BadInput, match=r"acme\.json"):
        domains.all()


def test_unknown_domains_say_how_they_are_added(home: Home) -> None:
    with pytest.raises(NotFound) as error:
        Domains(home).get("acme")
    assert "ecli trust domain add acme FILE" in str(error.value)
