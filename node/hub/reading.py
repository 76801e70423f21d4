"""What a replayed log says of a package's tags: the same for this hub's own log and for mirrored ones."""

from __future__ import annotations

from ...federation.index.answer import tagged_version
from ...federation.index.rules import Replay
from ...schemas.digest import Digest
from ...schemas.record import State


def resolve_tag(replay: Replay, namespace: str, name: str, tag: str) -> Digest | None:
    """The manifest that a tag or version means now; None when there is none or it was withdrawn."""
    record = replay.package_record(namespace, name)
    version = tagged_version(record, tag) if record else None
    held = replay.packages[f"{namespace}/{name}"].versions.get(version) if version else None
    return held.manifest if held and held.state is State.RELEASED else None


def all_tags(replay: Replay, namespace: str, name: str) -> list[str]:
    """Every tag and every version that stands."""
    record = replay.package_record(namespace, name)
    if record is None:
        return []
    versions = replay.packages[f"{namespace}/{name}"].versions
    return [*(tag for tag, _ in record.tags), *(key for key, held in versions.items() if held.state is State.RELEASED)]
