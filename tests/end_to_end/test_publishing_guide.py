"""The publisher's guide does what it says, when a reader types it: from a package to a release that was handed over."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from ebpfhub.client.builder.scaffold.scaffold import scaffold

from ..documents import DOCS, headings
from ..guide import steps
from ..hubs import BIN
from ..shell import Shell

GUIDES = {language: (DOCS / f"publishing{language}.md").read_text() for language in ("", ".zh")}
JWT = "e30.eyJhdWQiOiJzaWdzdG9yZSJ9.c2ln"  # no signature: only its place matters here
CI = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(tmp_path, tmp_path, path=BIN)
    yield opened
    opened.close()


def test_guide_of_publishers(shell: Shell) -> None:
    shell.follow(GUIDES[""])


def test_chinese_publisher_does_the_same() -> None:
    english, chinese = GUIDES.values()
    assert list(steps(chinese)) == list(steps(english))
    assert headings(chinese) == headings(english)
    assert CI.findall(chinese) == CI.findall(english)


def test_job_of_github_is_the_one_that_init_writes(tmp_path: Path) -> None:
    shown = yaml.safe_load(CI.findall(GUIDES[""])[0])
    scaffold("execsnoop", tmp_path, template_name="eunomia")
    written = yaml.safe_load((tmp_path / ".github" / "workflows" / "package.yml").read_text())
    assert shown["publish"] == written["jobs"]["publish"]


def test_job_of_gitlab_gets_the_token_where_the_library_looks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """GitLab puts the token of `id_tokens` into a variable of that name."""
    from sigstore.oidc import detect_credential

    job = yaml.safe_load(CI.findall(GUIDES[""])[1])["publish"]
    ((variable, asked),) = job["id_tokens"].items()
    assert asked == {"aud": "sigstore"}
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("GITLAB_CI", "true")
    monkeypatch.setenv(variable, JWT)
    assert detect_credential() == JWT
    assert all(shlex.split(line) for line in job["script"])
