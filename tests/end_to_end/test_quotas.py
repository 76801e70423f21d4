"""Quotas against real pushes: what goes beyond is refused with what is used, what may be, and whom to ask."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..hubs import Ecli, Reply, RunningHub, build_opensnoop
from ..visitor import Page, Visitor
from .test_admin import ROOT
from .test_sign_in import PASSWORD, add_user

ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_opensnoop(tmp_path_factory.mktemp("package"))


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    made = RunningHub.make(tmp_path_factory.mktemp("quotas") / "hub")
    settings = made.folder / "hub.toml"
    settings.write_text(settings.read_text().replace("namespace_packages = 0", "namespace_packages = 1"))
    with made.serving():
        add_user(made, ROOT, "admin")
        yield made


@pytest.fixture(scope="module")
def admin(hub: RunningHub) -> Visitor:
    visitor = Visitor(hub.url)
    assert visitor.sign_in(ROOT, PASSWORD, "/login/?next=/admin/namespaces").path == "/admin/namespaces"
    return visitor


@pytest.fixture(scope="module")
def alice(hub: RunningHub, package: Path, tmp_path_factory: pytest.TempPathFactory) -> Ecli:
    """Who has published one package in the namespace `tools`."""
    user = Ecli(tmp_path_factory.mktemp("alice"))
    user.login(hub, hub.token(ALICE))
    user.publish(hub, package, "--namespace", "tools")
    return user


def set_quota(admin: Visitor, page: Page, **numbers: str) -> Page:
    return admin.send(page, page.form("/admin/quotas"), **numbers)


def push_blob(hub: RunningHub, identity: str, repository: str, data: bytes, token: str) -> Reply:
    credentials = base64.b64encode(f"{identity}:{token}".encode()).decode()
    digest = hashlib.sha256(data).hexdigest()
    path = f"/v2/{repository}/blobs/uploads/?digest=sha256:{digest}"
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/octet-stream"}
    return hub.ask(path, method="POST", body=data, headers=headers)


def test_default_of_the_settings_holds_one_package(hub: RunningHub, alice: Ecli, admin: Visitor, package: Path) -> None:
    second = package.parent.parent.with_name("second")
    shutil.copytree(package.parent.parent, second, ignore=shutil.ignore_patterns("dist"))
    (second / "opensnoop.bpf.c").rename(second / "second.bpf.c")
    alice.run("build", second)
    built = next((second / "dist").glob("*.bpf"))
    refused = alice.run("publish", built, "--to", hub.url, "--namespace", "tools", expect=None)
    assert refused.returncode != 0
    told = "the quota of the namespace tools is used up: 1 of 1 packages; the hub's admins can raise it"
    assert told in refused.stderr
    alice.publish(hub, package, "--namespace", "tools", "--version", "0.2.0")  # a version more is no package more
    page = admin.open("/admin/namespaces/tools")
    assert ALICE in page.text and "ebpfhub namespace claim DIR tools --force" in page.text
    set_quota(admin, page, packages="2")
    alice.publish(hub, built, "--namespace", "tools")


def test_push_beyond_the_bytes_of_a_namespace_is_refused(hub: RunningHub, alice: Ecli, admin: Visitor) -> None:
    token = hub.token(ALICE)
    page = set_quota(admin, admin.open("/admin/namespaces/tools"), mebibytes="1")
    assert "/ 1.0 MiB" in page.text
    beyond = push_blob(hub, ALICE, "tools/opensnoop", b"a" * 1024 * 1024, token)
    assert beyond.status == 413
    assert re.search(r"namespace tools is too small: [\d,]+ of 1,048,576 bytes are used, this brings", beyond.text)
    assert "the hub's admins can raise it" in beyond.text
    assert push_blob(hub, ALICE, "tools/opensnoop", b"small", token).status == 201
    set_quota(admin, page, mebibytes="", packages="")  # the default again: no limit
    assert push_blob(hub, ALICE, "tools/opensnoop", b"a" * 1024 * 1024, token).status == 201


def test_what_others_stage_does_not_fill_a_namespace(hub: RunningHub, alice: Ecli, admin: Visitor) -> None:
    page = set_quota(admin, admin.open("/admin/namespaces/tools"), mebibytes="3")
    token = hub.token(BOB)
    assert push_blob(hub, BOB, "tools/opensnoop", b"b" * 1024 * 1024 * 2, token).status == 201
    assert push_blob(hub, ALICE, "tools/opensnoop", b"c" * 1024 * 1024, hub.token(ALICE)).status == 201
    set_quota(admin, page, mebibytes="", packages="")


def test_push_beyond_the_bytes_of_a_person_is_refused_wherever_it_goes(hub: RunningHub, admin: Visitor) -> None:
    token = hub.token("carol@example.org")
    page = set_quota(admin, admin.open("/admin/people/carol@example.org"), mebibytes="1")
    assert push_blob(hub, "carol@example.org", "one/x", b"d" * 700_000, token).status == 201
    assert push_blob(hub, "carol@example.org", "one/x", b"d" * 700_000, token).status == 201  # it is there already
    beyond = push_blob(hub, "carol@example.org", "another/y", b"e" * 700_000, token)
    assert (
        beyond.status == 413
        and "the quota of carol@example.org is too small: 700,000 of 1,048,576 bytes" in beyond.text
    )
    assert "1 MiB, 0 packages" in admin.open("/admin/audit?what=quota").text
    assert admin.send(page, page.form("/admin/quotas"), mebibytes="much").status == 400


def test_owner_sees_their_namespaces_with_the_other_owners(hub: RunningHub, alice: Ecli) -> None:
    add_user(hub, ALICE)
    page = Visitor(hub.url).sign_in(ALICE, PASSWORD, "/login/?next=/account")
    assert "ecli owner tools --add DOMAIN ISSUER IDENTITY" in page.text
