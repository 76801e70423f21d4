"""Tokens of machines: made, listed and revoked by the operator; used by scope, limited to namespaces, never shown again."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..hubs import RunningHub, ebpfhub

BUILDER = "builder@example.org"


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("tokens") / "hub", "--plain")
    with made.serving():
        yield made


def create(hub: RunningHub, *words: str, identity: str = BUILDER) -> Any:
    told = ebpfhub("token", "create", hub.folder, "--identity", identity, *words, "--json")
    return json.loads(told.stdout)


def secret_of(token: str) -> str:
    """The last part of a token, which may have a _ of its own."""
    secret = token.split("_", 2)[2]
    assert len(secret) >= 32
    return secret


def status(hub: RunningHub, token: str, path: str = "/api/v1/whoami", method: str = "GET") -> int:
    return hub.ask(path, method=method, headers={"Authorization": f"Bearer {token}"}).status


def test_token_is_listed_with_its_use_and_ends_when_it_is_revoked(hub: RunningHub) -> None:
    made = create(hub, "--name", "build machine", "--scope", "publish:tools", "--days", "7")
    assert made["scopes"] == ["read", "publish:tools"] and made["used"] is None
    assert status(hub, made["token"]) == 200
    (listed,) = [it for it in _listed(hub, "--identity", BUILDER) if it["id"] == made["id"]]
    assert listed["name"] == "build machine" and listed["used"] and listed["expires"] == listed["created"] + 7 * 86400
    shown = ebpfhub("token", "list", hub.folder).stdout
    assert made["token"] not in shown and secret_of(made["token"]) not in json.dumps(listed)
    assert all(len(line) <= 80 for line in shown.splitlines())
    ebpfhub("token", "revoke", hub.folder, made["id"])
    assert status(hub, made["token"]) == 401
    assert made["id"] not in {it["id"] for it in _listed(hub)}
    (past,) = [it for it in _listed(hub, "--all") if it["id"] == made["id"]]
    assert past["revoked"]
    assert "no such token" in ebpfhub("token", "revoke", hub.folder, "0" * 16, expect=None).stderr


def test_token_of_a_namespace_publishes_in_that_one_only(hub: RunningHub) -> None:
    token = create(hub, "--scope", "publish:tools")["token"]
    begun = {
        name: status(hub, token, f"/v2/{name}/blobs/uploads/", "POST")
        for name in ("tools/x", "hub.test/tools/x", "library/x", "toolsy/x", "plain/x", "plain/tools")
    }
    assert begun == dict.fromkeys(begun, 403) | {"tools/x": 202, "hub.test/tools/x": 202}


def test_person_who_is_locked_out_is_out_at_once_and_comes_back_with_what_was_left(hub: RunningHub) -> None:
    token = create(hub, identity="gone@example.org")["token"]
    assert status(hub, token) == 200
    ebpfhub("user", "role", hub.folder, "--identity", "gone@example.org", "none")
    assert status(hub, token) == 401
    ebpfhub("user", "role", hub.folder, "--identity", "gone@example.org", "reader")
    assert status(hub, token) == 200
    assert status(hub, token, "/v2/tools/x/blobs/uploads/", "POST") == 403
    listed = json.loads(ebpfhub("user", "list", hub.folder, "--json").stdout)["people"]
    assert {"identity": "gone@example.org", "role": "reader"}.items() <= listed[-1].items()


def test_scope_beyond_the_role_is_refused(hub: RunningHub) -> None:
    said = ebpfhub("token", "create", hub.folder, "--identity", "x@example.org", "--scope", "admin", expect=None).stderr
    assert "the role publisher does not give admin" in said


def test_secrets_of_tokens_are_neither_in_the_database_nor_in_the_log(hub: RunningHub) -> None:
    token = create(hub)["token"]
    secret = secret_of(token)
    status(hub, token)
    status(hub, f"{token}x")
    status(hub, token, f"/api/v1/nothing?token={secret[:5]}")
    files = [path for path in hub.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert secret not in hub.log.read_text()


def test_hub_of_an_older_version_keeps_its_tokens_and_what_they_allowed(tmp_path: Path) -> None:
    hub = RunningHub.make(tmp_path / "hub")
    tokens = {role: hub.token(f"{role}@example.org", role=role) for role in ("reader", "publisher", "admin")}
    _make_older(hub.folder / "data" / "hub.sqlite3")
    with hub.serving():
        for role, token in tokens.items():
            told = hub.ask("/api/v1/whoami", headers={"Authorization": f"Bearer {token}"}).json()
            assert (told["role"], "admin" in told["scopes"]) == (role, role == "admin")


def _make_older(path: Path) -> None:
    """Turn the tables into those that were before there were people, scopes and sessions."""
    with sqlite3.connect(path) as database:
        database.execute("UPDATE tokens SET role = (SELECT role FROM people p WHERE p.identity = tokens.identity)")
        for statement in (
            "DROP INDEX idx_tokens_identity",
            "ALTER TABLE tokens DROP COLUMN name",
            "ALTER TABLE tokens DROP COLUMN scopes",
            "ALTER TABLE tokens DROP COLUMN used",
            "DROP TABLE people",
            "DROP TABLE sessions",
            "DELETE FROM migrations WHERE name = 'accounts-1'",
        ):
            database.execute(statement)


def _listed(hub: RunningHub, *words: str) -> list[Any]:
    return list(json.loads(ebpfhub("token", "list", hub.folder, *words, "--json").stdout)["tokens"])
