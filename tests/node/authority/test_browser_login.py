"""The whole OAuth flow of the unmodified sigstore command line, with a browser that fills in the login form."""

from __future__ import annotations

import asyncio
import html
import os
import re
import sys
from pathlib import Path

import pytest
from cryptography import x509
from ebpfhub.signing.authority.tokens import verify_token
from sigstore.models import Bundle

from .running import Authority

ALICE = "alice@example.org"
PASSWORD = "correct horse battery staple"

# what a person does: open the page, type, press the button, follow where it leads; cookies as browsers keep them
BROWSER = """
import http.cookiejar, html.parser, sys, urllib.parse, urllib.request
class Form(html.parser.HTMLParser):
    action, fields = "", {}
    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if tag == "form":
            self.action = found["action"]
        if tag == "input":
            self.fields[found["name"]] = found.get("value", "")
browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
page = browser.open(sys.argv[1])
form = Form()
form.feed(page.read().decode())
form.fields |= {"identity": "IDENTITY", "password": "PASSWORD"}
answer = browser.open(urllib.parse.urljoin(page.url, form.action), urllib.parse.urlencode(form.fields).encode())
print(answer.read().decode())
"""


@pytest.fixture
def browser(tmp_path: Path) -> Path:
    script = tmp_path / "browser.py"
    script.write_text(BROWSER.replace("IDENTITY", ALICE).replace("PASSWORD", PASSWORD))
    return script


def first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found is not None
    return found[1]


async def start(authority: Authority, *command: str, browser: str = "") -> asyncio.subprocess.Process:
    environment = {"BROWSER": browser} if browser else {}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sigstore", "--trust-config", str(await authority.trust_config()), *command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.environ["PATH"], "HOME": str(authority.folder)} | environment,
    )


async def test_cli_signs_after_login_in_the_browser(authority: Authority, browser: Path, tmp_path: Path) -> None:
    artifact = tmp_path / "object.bpf"
    artifact.write_bytes(b"a BPF object")
    process = await start(authority, "sign", str(artifact), browser=f"{sys.executable} {browser} %s")
    out, err = await process.communicate()
    assert process.returncode == 0, out.decode() + err.decode()
    assert certificate_names(artifact.with_name("object.bpf.sigstore.json")) == [ALICE]


def certificate_names(bundle: Path) -> list[str]:
    certificate = Bundle.from_json(bundle.read_bytes()).signing_certificate
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return names.get_values_for_type(x509.RFC822Name)


async def test_cli_gets_a_token_out_of_band(authority: Authority, browser: Path) -> None:
    process = await start(authority, "get-identity-token", "--oauth-force-oob")
    link = ""
    while "/sigstore/oidc/auth" not in link:
        assert process.stderr is not None
        link = (await process.stderr.readline()).decode().strip()
    person = await asyncio.create_subprocess_exec(sys.executable, str(browser), link, stdout=asyncio.subprocess.PIPE)
    page, _ = await person.communicate()
    code = html.unescape(first(r"<output>(.*?)</output>", page.decode()))
    out, err = await process.communicate(code.encode() + b"\n")
    assert process.returncode == 0, err.decode()
    raw = first(r"(eyJ[\w.-]+)", out.decode())
    claims = verify_token(authority.keys, raw, authority.service.clock())
    assert claims.subject.text == ALICE
