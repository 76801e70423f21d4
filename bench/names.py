"""H3: a name resolved with its proof, and a manifest by its tag, on hubs of 1,000 and 100,000 packages.

docker-registry has no proofs: both are compared with its manifest by tag. It has fewer names, which it finds by file.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from ..schemas import media
from ..schemas.oci import Descriptor
from ..tests.hubs import RunningHub
from .filled import fill, name
from .load import Answered, Asked, alternate, ratio, told
from .measure import Row
from .pushing import Pusher
from .servers import Server, docker_registry, of_hub
from .stage import Stage

FEW, MANY = 1_000, 100_000  # packages
PEER_NAMES = 200
CONNECTIONS = 32
START_SECONDS = 300.0  # of a hub: it reads its whole log
SEED = 11
_RESOLVED, _TAGGED = "a name resolved with its proof", "a manifest by its tag"


def rows(stage: Stage) -> list[Row]:
    """All names are asked for, in no order; who resolves says that they saw the log when it began."""
    folder = stage.folder / "h3"
    folder.mkdir()
    with ExitStack() as open_ones:
        registry = open_ones.enter_context(docker_registry(folder / "registry"))
        hubs = {count: open_ones.enter_context(_filled(folder, stage.package, count)) for count in (FEW, MANY)}
        asked = {"registry": Asked(registry, paths=_peers(folder, registry), accept=media.OCI_MANIFEST)}
        for count, server in hubs.items():
            for what, path in ((_RESOLVED, _resolving), (_TAGGED, _tag)):
                paths = _written(folder / f"{count} {what[:6]}", (path(number) for number in range(count)))
                asked[f"{count} {what}"] = Asked(
                    server, paths=paths, accept="*/*" if what == _RESOLVED else media.OCI_MANIFEST
                )
        found = alternate(asked, connections=CONNECTIONS)
    return [row for what in (_RESOLVED, _TAGGED) for row in _rows(what, found)]


def _rows(what: str, found: dict[str, list[Answered]]) -> list[Row]:
    many, few, peer = found[f"{MANY} {what}"], found[f"{FEW} {what}"], found["registry"]
    times, slower = ratio(many, peer), ratio(few, many)
    return [
        Row(
            "H3",
            f"{what}, {MANY:,} packages",
            told(many),
            f"docker-registry {told(peer)} (manifest by tag, {PEER_NAMES} names)",
            f"{times:.1f} x docker-registry",
            "≥ 5",
            times >= 5,
        ),
        Row(
            "H3",
            f"the same, {FEW:,} packages",
            told(few),
            f"{MANY:,} packages {told(many)}",
            f"{slower:.2f} x that of {MANY:,}",
            "≤ 1.3",
            slower <= 1.3,
        ),
    ]


@contextmanager
def _filled(folder: Path, package: Path, count: int) -> Iterator[Server]:
    hub = RunningHub.make(folder / f"hub-{count}", authority=False)
    fill(hub.folder, package, count)
    with hub.serving(seconds=START_SECONDS):
        yield of_hub(hub)


def _peers(folder: Path, registry: Server) -> Path:
    """Push a manifest into each of the peer's repositories."""
    names = ["/".join(name(number)) for number in range(PEER_NAMES)]
    for repository in names:
        pusher = Pusher(registry.port, repository)
        config = json.dumps({"name": repository}).encode()
        pusher.blob(config)
        manifest = {
            "schemaVersion": 2,
            "mediaType": media.OCI_MANIFEST,
            "config": Descriptor.of("application/vnd.oci.image.config.v1+json", config).to_json(),
            "layers": [],
        }
        pusher.manifest("latest", json.dumps(manifest).encode(), media.OCI_MANIFEST)
        pusher.close()
    return _written(folder / "peers", (f"/v2/{repository}/manifests/latest" for repository in names))


def _written(path: Path, lines: Iterable[str]) -> Path:
    mixed = list(lines)
    random.Random(SEED).shuffle(mixed)
    path.write_text("\n".join(mixed))
    return path


def _resolving(number: int) -> str:
    return "/index/package/{}/{}?from=1".format(*name(number))


def _tag(number: int) -> str:
    return "/v2/{}/{}/manifests/latest".format(*name(number))
