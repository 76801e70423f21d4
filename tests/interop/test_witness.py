"""A witness that we did not write cosigns our log; ecli counts it where the policy names it, and nobody else's word."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.node.folder import HubFolder
from ebpfhub.schemas.answer import IndexAnswer
from ebpfhub.signing.notes import Checkpoint, Note

from ..conformance.go_tools import BUILD_SECONDS
from ..hubs import Ecli
from ..mirrors import key_of, publish_versions
from .conftest import Place
from .witness import NAME, Witness, running

pytestmark = pytest.mark.timeout(BUILD_SECONDS)


@pytest.fixture
def witness(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Witness]:
    log = key_of(HubFolder(place.hub.folder).log_key).verifier
    with running(tmp_path_factory.mktemp("w"), [log]) as made:
        yield made


def answered(place: Place, *, since: int = 0) -> IndexAnswer:
    return IndexAnswer.parse(place.hub.ask(f"/index/package/library/opensnoop?from={since}").body)


def exported(ecli: Ecli, place: Place, folder: Path, answer: IndexAnswer) -> Path:
    """The package file with that answer of the hub."""
    ecli.trust(place.hub)
    ecli.run("pull", "opensnoop")
    path = folder / "opensnoop.bpf"
    ecli.run("export", "opensnoop", "-o", path)
    file = PackageFile.read(path.read_bytes())
    assert file.proof is not None
    proof = replace(file.proof, answer=replace(answer, consistency=()).encode())
    path.write_bytes(replace(file, proof=proof).write())
    return path


def test_its_cosignatures_are_a_quorum_as_the_log_grows(place: Place, witness: Witness, tmp_path: Path) -> None:
    first = answered(place)
    status, lines = witness.ask(0, (), first.checkpoint)
    assert status == 200
    assert lines.startswith(f"\u2014 {NAME} ")
    note = Note.parse(first.checkpoint + lines)
    assert note.cosigned_at(witness.key)
    seen = Checkpoint.parse(note.body).size

    publish_versions(place.hub, place.package, ["0.0.9"])
    second = answered(place, since=seen)
    assert witness.ask(0, (), second.checkpoint)[0] == 409  # it remembers
    assert witness.ask(seen, second.consistency[1:], second.checkpoint)[0] == 422
    status, lines = witness.ask(seen, second.consistency, second.checkpoint)
    assert status == 200

    ecli = Ecli(tmp_path / "home")
    path = exported(ecli, place, tmp_path, replace(second, checkpoint=second.checkpoint + lines))
    (ecli.home / "witnesses.txt").write_text(f"witness lite {witness.key} {witness.url}\nquorum lite\n")
    (ecli.home / "ecli.toml").write_text('[[rule]]\nnames = "*/*/*"\nquorum = "witnesses.txt"\n')
    checks = {item["name"]: item["evidence"] for item in ecli.json("verify", path)["checks"]}
    assert checks["quorum"].startswith("1 of 1 witnesses cosigned; its quorum lite vouched for it")

    path = exported(Ecli(tmp_path / "other"), place, tmp_path, second)
    assert "lacks the quorum 'lite'" in ecli.run("verify", path, expect=4).stderr
