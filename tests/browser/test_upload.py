"""A signed package file, released from a browser; and files that are refused, as the page's script would send them."""

from __future__ import annotations

import http.client
import json
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import expect

from ..hubs import OPENSNOOP, Ecli, RunningHub
from ..visitor import Visitor
from .conftest import PHONE
from .test_account import PASSWORD, add_user, sign_in

if TYPE_CHECKING:
    from .conftest import Windows

OWNER, OTHER = "uploader@example.org", "stranger@example.org"


@pytest.fixture(scope="module")
def files(hub: RunningHub, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """opensnoop in the namespace `uploads`: not signed, signed by its owner, and by a stranger."""
    folder = tmp_path_factory.mktemp("upload")
    shutil.copytree(OPENSNOOP, folder / "source")
    config = folder / "source" / "config.json"
    config.write_text(json.dumps(json.loads(config.read_text()) | {"namespace": "uploads"}))
    made = {"unsigned": folder / "unsigned.bpf"}
    Ecli(folder / "builder").run("build", folder / "source", "-o", made["unsigned"])
    for who in (OWNER, OTHER):
        add_user(hub, who)
        ecli = Ecli(folder / who)
        ecli.login(hub, hub.token(who))
        made[who] = folder / f"{who}.bpf"
        ecli.run("sign", made["unsigned"], "-o", made[who], "--to", hub.url)
    return made


def send(hub: RunningHub, visitor: Visitor, data: bytes, *, token: str) -> tuple[int, dict[str, Any]]:
    """What the page's script sends, and the answer."""
    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=30)
    cookies = "; ".join(f"{item.name}={item.value}" for item in visitor.cookies)
    headers = {
        "Content-Type": "application/octet-stream", "Accept": "application/json", "Cookie": cookies,
        "Sec-Fetch-Site": "same-origin", "Origin": hub.url, "X-CSRF-Token": token,
    }  # fmt: skip
    connection.request("POST", "/upload", body=data, headers=headers)
    answer = connection.getresponse()
    told = dict(json.loads(answer.read()))
    connection.close()
    return answer.status, told


def test_publisher_releases_a_file_from_the_phone(windows: Windows, hub: RunningHub, files: dict[str, Path]) -> None:
    window = windows(size=PHONE)
    page = window.open("/login/?next=/account")
    sign_in(page, OWNER)
    page.get_by_role("link", name="Upload a package").click()
    assert Axe().run(page).violations_count == 0
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0
    page.get_by_label("Package file").set_input_files(files[OWNER])
    page.get_by_role("button", name="Release").click()
    page.get_by_role("link", name="/packages/uploads/opensnoop/0.1.0").click()
    expect(page).to_have_url(re.compile("/packages/uploads/opensnoop/0.1.0$"))
    expect(page.get_by_text(OWNER).first).to_be_visible()
    reader = Ecli(files[OWNER].parent / "reader")
    reader.trust(hub)
    reader.run("pull", "uploads/opensnoop")


def test_other_files_are_refused_and_leave_nothing_behind(hub: RunningHub, files: dict[str, Path]) -> None:
    size = hub.ask("/readyz").json()["size"]
    visitor = Visitor(hub.url)
    page = visitor.sign_in(OTHER, PASSWORD, "/login/?next=/upload")
    token = re.findall(r'data-token="([0-9a-f]{64})"', page.text)[0]
    unsigned = files["unsigned"].read_bytes()
    for data, status, says in (
        (unsigned, 400, "not signed"),
        (b"", 400, "not a package file"),
        (unsigned[:-20], 400, "cut short|not a package file"),
        (b"\x28\xb5\x2f\xfd" + b"\xff" * 4096, 400, ""),
    ):
        code, told = send(hub, visitor, data, token=token)
        assert code == status and re.search(says, told["detail"]), told
    assert send(hub, visitor, files[OTHER].read_bytes(), token="0" * 64)[0] == 403
    if hub.ask("/api/v1/namespace?namespace=uploads").status == 200:  # its owner has released there already
        code, told = send(hub, visitor, files[OTHER].read_bytes(), token=token)
        assert (code, told["log_index"]) == (201, None), "one more signature of the same package changes nothing"
    assert hub.ask("/readyz").json()["size"] == size
    nobody = hub.ask("/upload", method="POST", body=files[OWNER].read_bytes())
    assert nobody.status in (401, 403)
