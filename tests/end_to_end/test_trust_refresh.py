"""`ecli trust refresh` against a real hub and real files: each by its own rules, and what fails spoils nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from ebpfhub.client.refresh.tuf_repository import root_version
from ebpfhub.schemas.digest import Digest
from ebpfhub.signing.authority.keys import AuthorityKeys
from ebpfhub.signing.authority.retired import Purpose
from ebpfhub.signing.authority.rotation import rotated
from ebpfhub.signing.authority.trust import trusted_root
from ebpfhub.signing.public_good import public_tuf_root

from ..hubs import Ecli, RunningHub, ebpfhub
from ..sigstores import Sigstore
from ..tuf_repository import TufRepository
from .machine import refused, with_env

NOW = datetime.now(UTC)
ACME = AuthorityKeys.generate("acme.test", "https://acme.test/oidc", NOW - timedelta(hours=2))
ROTATED = rotated(ACME, tuple(Purpose), NOW - timedelta(hours=1), overlap=timedelta())


@pytest.fixture
def ecli(reader: Ecli) -> Ecli:
    """A user of the hub who reaches nothing but this machine."""
    return with_env(reader, HTTPS_PROXY="http://127.0.0.1:9", https_proxy="http://127.0.0.1:9")


def refresh(ecli: Ecli, *words: object, expect: int = 5) -> dict[str, dict[str, object]]:
    told = json.loads(ecli.run("trust", "refresh", "--json", *words, expect=expect).stdout)
    return {item["name"]: item for item in told}


def test_a_new_note_of_the_origin_is_taken_and_what_it_changes_told(
    ecli: Ecli, hub: RunningHub, tmp_path: Path
) -> None:
    before = ecli.json("trust", "show")["serial"]
    assert refresh(ecli)["hub.test"]["outcome"] == "unchanged"
    root = tmp_path / "other.json"
    root.write_bytes(Sigstore("other.test").root)
    ebpfhub("trust", "add", hub.folder, f"other{before}", root, "--key", hub.folder / "offline" / "origin.key")
    done = refresh(ecli)["hub.test"]
    assert done["outcome"] == "refreshed"
    assert f"new root of other{before}: {Digest.of(root.read_bytes())}" in json.dumps(done["lines"])
    shown = ecli.json("trust", "show")
    assert (shown["serial"], shown["state"]) == (before + 1, "fresh")
    assert "fresh, checked 20" in ecli.run("trust", "list").stdout


def test_an_added_sigstore_is_read_from_its_file_again(ecli: Ecli, tmp_path: Path) -> None:
    file = tmp_path / "acme.json"
    file.write_bytes(trusted_root(ACME))
    ecli.run("trust", "domain", "add", "acme", file)
    assert refresh(ecli)["acme"]["outcome"] == "unchanged"
    file.write_bytes(trusted_root(ROTATED))
    refused_once = refresh(ecli)["acme"]
    assert refused_once["outcome"] == "failed"
    assert "nobody agreed" in str(refused_once["reason"])
    assert refresh(ecli, "--yes")["acme"]["outcome"] == "refreshed"
    assert ecli.json("trust", "domain", "show", "acme")["root"] == Digest.of(trusted_root(ROTATED))
    file.write_bytes(Sigstore("acme.test").root)
    assert "not a later root" in str(refresh(ecli, "--yes")["acme"]["reason"])
    file.unlink()
    assert refresh(ecli)["acme"]["reason"] == "there is no such file"
    assert ecli.json("trust", "domain", "show", "acme")["root"] == Digest.of(trusted_root(ROTATED))


def test_without_a_network_the_public_root_says_how_it_comes_by_disk(ecli: Ecli) -> None:
    done = ecli.run("trust", "refresh", expect=5)
    assert "ecli trust refresh --from FOLDER" in done.stderr
    assert "hub.test  unchanged" in done.stdout
    assert ecli.json("trust", "domain", "show", "public")["state"] == "stale"


def test_a_folder_of_somebody_else_is_refused_as_the_public_one(ecli: Ecli, tmp_path: Path) -> None:
    evil = TufRepository(tmp_path / "tuf", roots=root_version(public_tuf_root()))
    evil.first_root()  # the next one after the library's, signed by whom that does not name
    evil.publish({"trusted_root.json": Sigstore("evil.test").root})
    before = ecli.json("trust", "domain", "show", "public")
    done = ecli.run("trust", "refresh", "--from", evil.folder, expect=4)
    assert "not signed by those who may" in done.stderr
    assert "hub.test" not in done.stdout
    assert ecli.json("trust", "domain", "show", "public") == before
    refused(
        ecli, "trust", "refresh", "--json", "--from", tmp_path, kind="not-found", says="whole copy of a TUF repository"
    )


def test_an_origin_that_shows_an_older_note_is_refused(ecli: Ecli) -> None:
    pin = ecli.home / "origins" / "hub.test.json"
    document = json.loads(pin.read_text())
    pin.write_text(json.dumps(document | {"serial": document["serial"] + 7}))
    done = ecli.run("trust", "refresh", expect=4)
    assert "was seen before" in done.stderr
