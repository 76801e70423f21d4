"""A quorum of real mirrors that cosign: reached, not reached, wrong, too old; live and in a package file."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from ebpfhub.federation.package_file import PackageFile, Proof
from ebpfhub.node.control import call
from ebpfhub.node.folder import HubFolder
from ebpfhub.schemas.answer import IndexAnswer
from ebpfhub.signing.notes import COSIGNATURE, Note, SignerKey

from ..hubs import Ecli, RunningHub
from ..mirrors import Mirror, key_of, mirror_of, size_of
from .machine import refused

DAY = 86400
STRANGER = SignerKey.generate("stranger.test/mirror", COSIGNATURE)


@pytest.fixture(scope="module")
def mirrors(hub: RunningHub, publisher: Ecli, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Mirror]]:
    """Two hubs that mirror the origin, each under a name and a key of its own."""
    with ExitStack() as stack:
        made = {}
        for name in ("one", "two"):
            mirror = mirror_of(hub, tmp_path_factory.mktemp(name) / "hub", name=f"{name}.test")
            stack.callback(mirror.hub.stop)
            made[name] = mirror
        for mirror in made.values():
            mirror.wait(size_of(hub))
        yield made


@pytest.fixture
def ecli(reader: Ecli, mirrors: dict[str, Mirror]) -> Ecli:
    """A user who knows the origin and both mirrors."""
    for mirror in mirrors.values():
        reader.run("trust", "add", mirror.hub.url, "--origin", "hub.test")
    return reader


def mirror_key(mirror: Mirror) -> SignerKey:
    return key_of(HubFolder(mirror.hub.folder).mirror_key)


def demand(ecli: Ecli, needed: str, *members: SignerKey, more: str = "") -> None:
    """Give the user a policy: a quorum of these keys for everything of the origin."""
    names = [f"w{index}" for index in range(len(members))]
    lines = [f"witness {name} {key.verifier}\n" for name, key in zip(names, members, strict=True)]
    lines += [f"group all-of-them {needed} {' '.join(names)}\nquorum all-of-them\n"]
    (ecli.home / "witnesses.txt").write_text("".join(lines))
    (ecli.home / "ecli.toml").write_text(f'[[rule]]\nnames = "hub.test/*/*"\nquorum = "witnesses.txt"\n{more}')


def evidence(ecli: Ecli, target: object) -> dict[str, str]:
    return {item["name"]: item["evidence"] for item in ecli.json("verify", target)["checks"]}


def test_a_mirror_shows_the_key_that_a_policy_names(mirrors: dict[str, Mirror]) -> None:
    told = asyncio.run(call(HubFolder(mirrors["one"].hub.folder), "mirror.status", {}))
    assert told["cosigner"] == str(mirror_key(mirrors["one"]).verifier)


def test_cosignatures_are_gathered_from_all_mirrors(ecli: Ecli, mirrors: dict[str, Mirror]) -> None:
    demand(ecli, "all", *map(mirror_key, mirrors.values()))
    assert "2 of 2 witnesses" in evidence(ecli, "opensnoop")["quorum"]
    ecli.run("pull", "opensnoop")
    ecli.run("run", "--timeout", "10ms", "opensnoop")


def test_the_quorum_goes_into_the_package_file(ecli: Ecli, mirrors: dict[str, Mirror], tmp_path: Path) -> None:
    demand(ecli, "all", *map(mirror_key, mirrors.values()))
    ecli.run("pull", "opensnoop")
    ecli.run("export", "opensnoop", "-o", tmp_path / "o.bpf")
    assert "2 of 2 witnesses" in evidence(ecli, tmp_path / "o.bpf")["quorum"]


def test_cosigners_that_the_policy_does_not_name_count_for_nothing(ecli: Ecli, mirrors: dict[str, Mirror]) -> None:
    demand(ecli, "all", mirror_key(mirrors["one"]), STRANGER)
    for words in (("pull", "opensnoop"), ("verify", "opensnoop"), ("run", "opensnoop")):
        done = ecli.run(*words, expect=4)
        assert "lacks the quorum 'all-of-them': 1 of its 2 witnesses cosigned; without 'w1'" in done.stderr
    demand(ecli, "any", mirror_key(mirrors["one"]), STRANGER)
    assert "1 of 2 witnesses" in evidence(ecli, "opensnoop")["quorum"]


def test_without_a_policy_no_cosignature_is_asked_for(ecli: Ecli) -> None:
    assert "quorum" not in evidence(ecli, "opensnoop")


def test_a_log_key_that_the_policy_does_not_name_is_refused(ecli: Ecli, hub: RunningHub) -> None:
    (ecli.home / "witnesses.txt").write_text(f"log {SignerKey.generate('hub.test').verifier}\nquorum none\n")
    (ecli.home / "ecli.toml").write_text('[[rule]]\nnames = "hub.test/*/*"\nquorum = "witnesses.txt"\n')
    assert "none that the policy names" in ecli.run("verify", "opensnoop", expect=4).stderr
    (ecli.home / "witnesses.txt").write_text(f"log {key_of(HubFolder(hub.folder).log_key).verifier}\nquorum none\n")
    ecli.run("verify", "opensnoop")


def test_a_receipt_ends_with_the_file_of_witnesses(ecli: Ecli, mirrors: dict[str, Mirror]) -> None:
    demand(ecli, "any", mirror_key(mirrors["one"]))
    for _ in range(2):
        ecli.run("run", "--timeout", "10ms", "opensnoop")
    demand(ecli, "any", STRANGER)
    assert "lacks the quorum" in ecli.run("run", "opensnoop", expect=4).stderr


def altered(exported: Path, path: Path, line: str) -> Path:
    """The package file with another cosignature line in its checkpoint."""
    file = PackageFile.read(exported.read_bytes())
    assert file.proof is not None
    answer = IndexAnswer.parse(file.proof.answer)
    note = str(Note.parse(answer.checkpoint)) + line
    proof = Proof(file.proof.origin_note, replace(answer, checkpoint=note).encode(), file.proof.trust)
    path.write_bytes(replace(file, proof=proof).write())
    return path


def body(exported: Path) -> str:
    file = PackageFile.read(exported.read_bytes())
    assert file.proof is not None
    return Note.parse(IndexAnswer.parse(file.proof.answer).checkpoint).body


@pytest.mark.parametrize(
    ("ago", "says"),
    [
        (2 * DAY, "its quorum all-of-them vouched for it 2 days ago; after 24 hours it is refused"),
        (-DAY, "in the future"),
    ],
)
def test_an_old_cosignature_is_refused(reader: Ecli, exported: Path, tmp_path: Path, ago: int, says: str) -> None:
    demand(reader, "all", STRANGER, more="expire_age_days = 1\n")
    file = altered(exported, tmp_path / "f.bpf", STRANGER.sign(body(exported), time=int(time.time()) - ago))
    refused(reader, "verify", file, kind="not-trusted", says=says)


def test_a_stale_cosignature_is_told(reader: Ecli, exported: Path, tmp_path: Path) -> None:
    demand(reader, "all", STRANGER)
    file = altered(exported, tmp_path / "f.bpf", STRANGER.sign(body(exported), time=int(time.time()) - 2 * DAY))
    (warning,) = reader.json("verify", file)["warnings"]
    assert "stale: its quorum all-of-them vouched for it 2 days ago" in warning


def test_a_wrong_cosignature_is_refused(reader: Ecli, exported: Path, tmp_path: Path) -> None:
    demand(reader, "all", STRANGER)
    line = STRANGER.sign(body(exported).replace("hub.test", "other.test"), time=int(time.time()))
    file = altered(exported, tmp_path / "f.bpf", line)
    refused(reader, "verify", file, kind="not-trusted", says="signature by stranger.test/mirror is wrong")
