"""What nothing on this machine can run is read at least: workflows by actionlint, Dockerfiles and dev containers by us."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest
from ebpfhub.client.builder.scaffold.scaffold import scaffold
from ebpfhub.client.builder.scaffold.template import NAMES

from ..conformance.go_tools import go_tool

ACTIONLINT = "github.com/rhysd/actionlint/cmd/actionlint@v1.7.12"
INSTRUCTIONS = {"FROM", "RUN", "ENV", "WORKDIR", "COPY", "ENTRYPOINT"}


@pytest.fixture(params=NAMES)
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A project of each template, with a name that YAML would take for a number."""
    scaffold("1.0", tmp_path, template_name=request.param)
    return tmp_path


def test_workflow_is_sound(folder: Path) -> None:
    workflow = folder / ".github" / "workflows" / "package.yml"
    done = subprocess.run(
        [go_tool(ACTIONLINT), "-no-color", "-shellcheck=", "-pyflakes=", workflow],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "")


def test_workflow_signs_without_a_key(folder: Path) -> None:
    text = (folder / ".github" / "workflows" / "package.yml").read_text()
    build, publish = text.split("\n  publish:\n")
    assert "id-token: write" in publish and "id-token" not in build  # what a pull request runs has no identity
    assert 'ecli publish dist/1.0.bpf --to "$HUB" --sigstore public' in publish
    assert re.findall(r"secrets\.\w+", text) == ["secrets.HUB_TOKEN"]  # which lets it push, and signs nothing
    assert "make build" in build and "make test" in build


def test_dockerfile_is_sound(folder: Path) -> None:
    """Known instructions, stages that exist, JSON in the entry point, and what the build's last line makes."""
    text = re.sub(r"\\\n\s*", "", (folder / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    stages: list[str] = []
    for line in lines:
        word, rest = line.split(maxsplit=1)
        assert word in INSTRUCTIONS, line
        if word == "FROM":
            image, *named = rest.split()
            assert image in stages or ":" in image or image == "scratch", line
            stages += named[1:]
        elif word == "RUN":
            assert shlex.split(rest)
        elif word == "COPY" and rest.startswith("--from="):
            assert re.match(r"--from=build /src/dist/1\.0(\.bpf)? /", rest), line
    assert stages == ["tools", "build"]
    word, rest = lines[-1].split(maxsplit=1)
    assert word == "ENTRYPOINT"
    assert json.loads(rest)[-1].endswith(("/1.0", "/1.0.bpf"))


def test_dev_container_is_a_stage_of_the_dockerfile(folder: Path) -> None:
    said = json.loads((folder / ".devcontainer" / "devcontainer.json").read_text())
    assert said["name"] == "1.0"
    assert (folder / ".devcontainer" / said["build"]["dockerfile"]).resolve() == (folder / "Dockerfile").resolve()
    assert f" AS {said['build']['target']}\n" in (folder / "Dockerfile").read_text()


def test_shell_takes_the_test_script(folder: Path) -> None:
    for script in folder.glob("*.sh"):
        subprocess.run(["sh", "-n", script], check=True)


def test_readme_names_every_file_of_the_program(folder: Path) -> None:
    text = (folder / "README.md").read_text()
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    programs = {name for name in found if name.endswith((".c", ".h", ".go", ".rs", ".sh"))}
    assert {name for name in programs if f"| {name} |" not in text} == set()
    assert len(text) < 4000
