"""The public root refreshed along a TUF chain out of a folder, and every way in which the copy may lie."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest
from ebpfhub.client.domains import Domains
from ebpfhub.client.home import Home
from ebpfhub.client.refresh import public
from ebpfhub.client.refresh.public import CONFIG, ROOT, kept_public, refresh_public
from ebpfhub.client.refresh.state import EXPIRED, FRESH, STALE, state_of
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, NotFound, NotTrusted
from ebpfhub.signing.public_good import PUBLIC, public_root, public_tuf_root

from ...sigstores import Sigstore
from ...tuf_repository import TufRepository, changed, new_keys

FIRST, SECOND = Sigstore("one.test").root, Sigstore("two.test").root
DAY = 24 * 3600


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", tmp_path / "machine")


@pytest.fixture
def repository(tmp_path: Path) -> TufRepository:
    return TufRepository(tmp_path / "tuf")


class Site:
    """A site that knows the repository's first root, and refreshes from folders."""

    def __init__(self, home: Home, repository: TufRepository, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home, self.repository = home, repository
        self.bootstrap = repository.first_root()
        monkeypatch.setattr(public, "public_tuf_root", lambda: self.bootstrap)  # as a library of that Sigstore ships it
        repository.publish({ROOT: FIRST})

    def refresh(self, folder: Path | None = None) -> None:
        refresh_public(self.home, folder=folder or self.repository.folder, now=1_800_000_000)

    @property
    def root(self) -> bytes:
        kept = kept_public(self.home)
        return kept.root if kept else b""

    def refused(self, folder: Path, says: str) -> None:
        before = self.root
        with pytest.raises(NotTrusted, match=says) as error:
            self.refresh(folder)
        assert error.value.check == "trust"
        assert error.value.todo
        assert self.root == before


@pytest.fixture
def site(home: Home, repository: TufRepository, monkeypatch: pytest.MonkeyPatch) -> Site:
    return Site(home, repository, monkeypatch)


def test_a_root_out_of_a_folder_replaces_the_library_s(site: Site) -> None:
    site.refresh()
    known = Domains(site.home).get(PUBLIC)
    assert known.domain.digest == Digest.of(FIRST)
    assert str(site.repository.folder) in known.source
    assert (known.checked, known.config is not None) == (1_800_000_000, True)
    site.repository.publish({ROOT: SECOND})
    site.refresh()
    assert site.root == SECOND
    assert [item.domain.name for item in Domains(site.home).all()] == [PUBLIC]


def test_rotated_roots_are_followed_one_by_one(site: Site) -> None:
    site.refresh()
    for _ in range(3):
        site.repository.rotate(new_keys())
    site.repository.publish({ROOT: SECOND, CONFIG: b"{}"})
    site.refresh()
    kept = kept_public(site.home)
    assert kept is not None
    assert (kept.root, kept.config, kept.root_version) == (SECOND, b"{}", 4)


def test_an_expired_copy_is_refused(site: Site, tmp_path: Path) -> None:
    site.repository.publish({ROOT: SECOND}, life=timedelta(days=-1))
    site.refused(site.repository.folder, r"older than its authors allow: timestamp\.json is expired")


def test_a_chain_that_ends_in_an_expired_root_is_refused(site: Site) -> None:
    site.repository.rotate(site.repository.root_keys, life=timedelta(days=-1))
    site.refused(site.repository.folder, "older than its authors allow")


def test_an_older_copy_is_refused_after_a_newer_one(site: Site, tmp_path: Path) -> None:
    old = site.repository.copied(tmp_path / "old")
    site.repository.publish({ROOT: SECOND})
    site.refresh()
    site.refused(old, "versions do not fit")
    assert site.root == SECOND


def test_files_of_two_copies_are_refused(site: Site, tmp_path: Path) -> None:
    mixed = site.repository.copied(tmp_path / "mixed")
    site.repository.publish({ROOT: SECOND})
    new = site.repository.folder
    shutil.copy(new / "timestamp.json", mixed)
    with pytest.raises(NotFound, match=r"2\.snapshot\.json is missing"):
        site.refresh(mixed)
    shutil.copy(new / "1.snapshot.json", mixed / "2.snapshot.json")
    site.refused(mixed, "versions do not fit")
    shutil.copy(new / "2.snapshot.json", mixed)
    shutil.copy(new / "1.targets.json", mixed / "2.targets.json")
    site.refused(mixed, "versions do not fit")


def test_another_target_under_a_signed_name_is_refused(site: Site) -> None:
    (target,) = (site.repository.folder / "targets").iterdir()
    target.write_bytes(SECOND[: len(FIRST)].ljust(len(FIRST)))
    site.refused(site.repository.folder, "a file is not the one that was signed")


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json", "2.root.json"])
def test_changed_metadata_is_refused(site: Site, name: str) -> None:
    site.repository.rotate(site.repository.root_keys)
    changed(site.repository.folder / name)
    site.refused(site.repository.folder, "not signed by those who may")


def test_a_repository_of_other_keys_is_refused(site: Site, tmp_path: Path) -> None:
    other = TufRepository(tmp_path / "other")
    other.first_root()
    other.publish({ROOT: SECOND})
    site.refused(other.folder, "not signed by those who may")


def test_a_root_signed_by_the_new_keys_alone_is_refused(site: Site) -> None:
    stolen = TufRepository(site.repository.folder, keys=site.repository.keys, version=1, roots=1)
    stolen.rotate(stolen.root_keys)
    site.refused(site.repository.folder, "not signed by those who may")


def test_a_repository_without_a_root_or_with_a_useless_one_is_refused(site: Site) -> None:
    site.repository.publish({"other.json": b"{}"})
    site.refused(site.repository.folder, r"has no trusted_root\.json")
    site.repository.publish({ROOT: b" " * (300 * 1024)})
    site.refused(site.repository.folder, "more than 262144 bytes")
    site.repository.publish({ROOT: b'{"mediaType": "x"}'})
    with pytest.raises(BadInput):
        site.refresh()
    assert site.root == b""


def test_what_is_no_repository_is_told(site: Site, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "absent"):
        with pytest.raises(NotFound, match=r"timestamp\.json is missing") as error:
            site.refresh(folder)
        assert "whole copy" in error.value.todo
    (site.repository.folder / "timestamp.json").write_bytes(b"\xff" * 40)
    site.refused(site.repository.folder, "cannot be believed")
    (site.repository.folder / "timestamp.json").write_bytes(b" " * 1_000_000)
    with pytest.raises(NotFound):
        site.refresh()


def test_a_newer_library_wins_over_what_was_refreshed(site: Site) -> None:
    site.refresh()
    assert site.root == FIRST
    site.bootstrap = site.repository.rotate(site.repository.root_keys)
    assert kept_public(site.home) is None
    site.refresh()
    assert site.root == FIRST


def test_a_damaged_file_is_named(site: Site) -> None:
    site.refresh()
    place = site.home.refreshed / "public.json"
    place.write_bytes(place.read_bytes()[:-20])
    with pytest.raises(BadInput, match=r"public\.json"):
        Domains(site.home).get(PUBLIC)


def test_without_a_refresh_the_library_s_root_is_the_public_one(home: Home) -> None:
    assert Domains(home).get(PUBLIC).domain.digest == Digest.of(public_root())
    assert b'"root"' in public_tuf_root()


@pytest.mark.parametrize(
    ("age", "until", "word"),
    [
        (0, None, FRESH),
        (8 * DAY, None, STALE),
        (8 * DAY, 9 * DAY, FRESH),
        (1 * DAY, 1, STALE),
        (91 * DAY, None, EXPIRED),
    ],
)
def test_states(age: int, until: int | None, word: str) -> None:
    checked = 1_700_000_000
    made = state_of(checked, now=checked + age, expire_age=90 * DAY, until=until and checked + until)
    assert made.word == word
    assert str(made) == f"{word}, checked 2023-11-14"
    assert str(state_of(0, now=checked, expire_age=90 * DAY)) == "stale, never checked"
