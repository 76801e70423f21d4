"""Logins are kept in the keyring that there is, else in a file of the user alone; either way they are found and forgotten."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from ebpfhub.client.credentials import Credentials
from ebpfhub.client.home import Home
from ebpfhub.schemas.errors import BadInput, Denied
from keyrings.alt.file import PlaintextKeyring  # type: ignore[import-untyped]

HUB, TOKEN = "https://hub.example.org", "ebh_0123456789abcdef_" + "s" * 43


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", tmp_path / "machine")


@pytest.fixture
def ring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PlaintextKeyring]:
    """A keyring that the user chose; a real one of another project, whose file a test can look into."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyrings.alt.file.PlaintextKeyring")
    chosen, before = PlaintextKeyring(), keyring.get_keyring()
    chosen.file_path = str(tmp_path / "ring")
    keyring.set_keyring(chosen)
    yield chosen
    keyring.set_keyring(before)


def test_without_a_keyring_a_file_of_the_user_alone_holds_it(home: Home) -> None:
    Credentials(home).put(f"{HUB}/any/path", TOKEN)
    assert stat.S_IMODE(home.credentials.stat().st_mode) == 0o600
    assert TOKEN in home.credentials.read_text()
    assert Credentials(home).get(HUB) == Credentials(home).find("HTTPS://HUB.example.org/x") == TOKEN
    for other in ("https://hub.example.org:8443", "http://hub.example.org", "https://example.org"):
        assert Credentials(home).find(other) == ""
    assert Credentials(home).remove(HUB) and not Credentials(home).remove(HUB)
    assert TOKEN not in home.credentials.read_text()


def test_keyring_holds_it_where_there_is_one(home: Home, ring: PlaintextKeyring) -> None:
    Credentials(home).put(HUB, TOKEN)
    assert TOKEN not in home.credentials.read_text() and keyring.get_password("ebpfhub", HUB) == TOKEN
    assert Credentials(home).get(HUB) == TOKEN and Credentials(home).hubs() == [HUB]
    assert Credentials(home).remove(HUB)
    assert keyring.get_password("ebpfhub", HUB) is None and Credentials(home).hubs() == []


def test_login_that_the_keyring_lost_is_told(home: Home, ring: PlaintextKeyring) -> None:
    Credentials(home).put(HUB, TOKEN)
    keyring.delete_password("ebpfhub", HUB)
    with pytest.raises(Denied, match="keyring has no token any more"):
        Credentials(home).get(HUB)


def test_login_moves_from_the_file_into_a_keyring(home: Home, request: pytest.FixtureRequest) -> None:
    Credentials(home).put(HUB, "old-token")
    request.getfixturevalue("ring")
    assert Credentials(home).get(HUB) == "old-token"
    Credentials(home).put(HUB, TOKEN)
    assert "old-token" not in home.credentials.read_text() and Credentials(home).get(HUB) == TOKEN


@pytest.mark.parametrize("text", ["", "two words", "tökën", "a\nb", "x" * 20_000])
def test_what_can_be_no_token_is_refused_and_not_shown(home: Home, text: str) -> None:
    with pytest.raises(BadInput) as caught:
        Credentials(home).put(HUB, text)
    assert not text or text not in str(caught.value)
