"""Two hubs with the same keys and different logs: whoever has seen the one is not deceived by the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ..hubs import ADMIN, Ecli, RunningHub
from ..liar import Liar
from ..mirrors import copied, publish_versions, size_of
from .machine import refused

OLD, TRUE, FORGED = "opensnoop:1.0.0", "opensnoop:1.1.0", "opensnoop:6.6.6"


@dataclass(frozen=True)
class Forked:
    """`true` and `fork` released different things since their logs parted; `past` stands where they did.

    Readers ask the `line`, on which `true` is at first.
    """

    true: RunningHub
    fork: RunningHub
    past: RunningHub
    line: Liar
    package: Path


@pytest.fixture(scope="module")
def forked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forked]:
    folder = tmp_path_factory.mktemp("forked")
    true = RunningHub.make(folder / "true")
    with true.serving():
        true.token(ADMIN, role="admin")
        publish_versions(true, package, ["1.0.0"])
    fork, past = copied(true, folder / "fork"), copied(true, folder / "past")
    with true.serving(), fork.serving(), past.serving(), Liar.before(true.url) as line:
        publish_versions(true, package, ["1.1.0"])
        publish_versions(fork, package, ["6.6.6"])
        yield Forked(true, fork, past, line, package)


@pytest.fixture
def reader(forked: Forked, tmp_path: Path) -> Ecli:
    """Somebody who has seen the true log."""
    ecli = Ecli(tmp_path / "reader")
    ecli.run("trust", "add", forked.line.url, "--fingerprint", forked.true.fingerprint)
    forked.line.hub = forked.true.url
    ecli.run("pull", TRUE)
    return ecli


def deceive(reader: Ecli, forked: Forked, by: RunningHub, name: str, *, says: str) -> None:
    """Let another hub answer: it is refused, nothing in the reader's home changes, and the true one is believed again."""
    forked.line.hub = by.url
    before = state(reader)
    refused(reader, "run", "--verify", name, kind="not-trusted", says=says)
    assert state(reader) == before
    forked.line.hub = forked.true.url
    reader.run("pull", OLD)


def state(ecli: Ecli) -> dict[str, bytes]:
    """All that a user keeps."""
    return {str(path): path.read_bytes() for path in ecli.home.rglob("*") if path.is_file()}


def test_another_log_of_the_same_size_is_refused_with_its_evidence(forked: Forked, reader: Ecli) -> None:
    size = size_of(forked.true)
    assert size_of(forked.fork) == size
    says = rf"two different logs of {size} entries were shown\n(.*\n)?.*Whoever signs for this log deceives somebody"
    deceive(reader, forked, forked.fork, FORGED, says=says)


def test_a_longer_log_that_is_no_continuation_is_refused(forked: Forked, reader: Ecli) -> None:
    size = size_of(forked.true)
    publish_versions(forked.fork, forked.package, ["6.6.7"])
    says = f"the log of {size_of(forked.fork)} entries is not a continuation of the one of {size}"
    deceive(reader, forked, forked.fork, FORGED, says=says)


def test_the_log_before_it_parted_is_a_rollback(forked: Forked, reader: Ecli) -> None:
    says = f"shown with {size_of(forked.past)} entries, but {size_of(forked.true)} were seen before"
    deceive(reader, forked, forked.past, OLD, says=says)


def test_who_saw_the_fork_first_does_not_take_the_true_log_for_its_continuation(forked: Forked, tmp_path: Path) -> None:
    """Nobody can know at the first look which is the true one; but nobody is shown both."""
    ecli = Ecli(tmp_path / "reader")
    ecli.run("trust", "add", forked.line.url, "--fingerprint", forked.true.fingerprint)
    forked.line.hub = forked.fork.url
    ecli.run("pull", FORGED)
    publish_versions(forked.true, forked.package, ["1.2.0", "1.3.0"])
    forked.line.hub = forked.true.url
    refused(ecli, "run", "--verify", TRUE, kind="not-trusted", says="is not a continuation of the one of")
