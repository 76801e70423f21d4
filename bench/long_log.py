"""A log as long as a busy hub's: releases of many packages, each with its map root, in real tiles under a signed head.

The entries are those of publishers on a public CI. There are no blobs behind them, and no bundles.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from ..federation.index.answer import make_answer
from ..federation.index.rules import Replay
from ..federation.log.files import LogFiles
from ..federation.log.sequencer import HeadInMemory, Sequencer
from ..schemas.answer import IndexAnswer
from ..schemas.digest import Digest
from ..schemas.entry import Entry, Release, encode_entry
from ..schemas.identity import Identity, Owner
from ..schemas.ownership import Claim
from ..signing.notes import COSIGNATURE, SignerKey
from ..signing.origin import LogKey, OriginNote, origin_key_name

ORIGIN = "hub.example.org"
STARTED = 1_750_000_000  # Unix seconds
SECONDS = 300  # from one release to the next
NAMESPACE_PACKAGES = 20  # packages of a namespace
REFERRERS = 3  # as `ecli publish` attaches them: signature, provenance, bill of materials
_ISSUER = "https://token.actions.githubusercontent.com"
_WORKFLOW = "https://github.com/{}/ebpf-tools/.github/workflows/release.yml@refs/tags/"


class LongLog:
    """The log in `folder`/log: `releases` packages with one release each, written by one publish after the other."""

    def __init__(self, folder: Path) -> None:
        self.origin_key = SignerKey.generate(origin_key_name(ORIGIN))
        key = SignerKey.generate(ORIGIN)
        cosigner = SignerKey.generate(f"{ORIGIN}/cosigner", COSIGNATURE)
        self.note = OriginNote(ORIGIN, 1, self.origin_key.verifier, (LogKey(key.verifier),), (cosigner.verifier,), ())
        self.files = LogFiles(folder / "log")
        self.replay = Replay(ORIGIN)
        self.releases = 0
        self._sequencer = Sequencer(self.files, HeadInMemory(), origin=ORIGIN, key=key, cosigner=cosigner)

    @property
    def checkpoint(self) -> str:
        """The newest checkpoint, with the origin's cosignature."""
        return str(self._sequencer.note)

    def grow(self, releases: int) -> None:
        """Go on until there are so many releases."""
        made = list[bytes]()
        for number in range(self.releases, releases):
            time = STARTED + number * SECONDS
            for entry in _published(number, time):
                made.append(encode_entry(entry))
                self.replay.apply(entry)
            root = self.replay.next_index(time)
            made.append(encode_entry(root))
            self.replay.apply(root)
        self._sequencer.append(made, time=STARTED + releases * SECONDS)
        self.releases = releases

    def answer(self, number: int, *, since: int) -> IndexAnswer:
        """The hub's whole answer for the package of that number to a client that saw `since` entries before."""
        namespace, name = place(number)
        return make_answer(
            checkpoint=self.checkpoint,
            size=self.replay.size,
            files=self.files,
            replay=self.replay,
            namespace=namespace,
            name=name,
            tag="latest",
            since=since,
        )


@cache
def long_log(folder: Path) -> LongLog:
    """The one log in a folder, for all rows that need it."""
    return LongLog(folder)


def place(number: int) -> tuple[str, str]:
    """Namespace and name of a package."""
    return f"publisher-{number // NAMESPACE_PACKAGES}", f"tool-{number}"


def _published(number: int, time: int) -> Iterator[Entry]:
    """What the log says when a package is published: its namespace's claim before the first one, its release."""
    namespace, name = place(number)
    workflow = _WORKFLOW.format(namespace)
    if number % NAMESPACE_PACKAGES == 0:
        yield Claim(time, ORIGIN, namespace, (Owner("public", _ISSUER, workflow + "*"),))
    signer = Identity("public", _ISSUER, workflow + "v1.0.0")
    chosen = random.Random(number)
    manifest, permissions, *referrers = (Digest.from_raw(chosen.randbytes(32)) for _ in range(2 + REFERRERS))
    yield Release(time, namespace, name, "1.0.0", manifest, 1400, signer, tuple(referrers), permissions, 1)
