"""What the registry must know of a manifest: media type, subject, what it names. Unknown fields are left alone.

It does not judge packages: whoever releases them does. The bytes are kept as they came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ...schemas import media
from ...schemas.codec import decode_json
from ...schemas.digest import AnyDigest, Digest, parse_any_digest
from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from ...schemas.oci import MAX_MANIFEST_BYTES

MAX_PARTS = 1024  # descriptors in a manifest of a logged repository
MAX_ANNOTATIONS = 1024
_MEDIA_TYPE = re.compile(r"application/vnd\.[A-Za-z0-9][A-Za-z0-9.+_-]{0,200}")  # never one that a browser would run


@dataclass(frozen=True, slots=True)
class Document:
    """A manifest or index of any kind. `blobs` and `manifests` are read of logged repositories only."""

    media_type: str
    artifact_type: str = ""
    subject: AnyDigest | None = None
    annotations: dict[str, str] = field(default_factory=dict)
    config: Digest | None = None
    blobs: tuple[Digest, ...] = ()
    manifests: tuple[Digest, ...] = ()


def read_document(raw: bytes, *, content_type: str, logged: bool) -> Document:
    """Read a manifest of at most 4 MiB; `content_type` is the request's header, or empty. Raises: BadInput."""
    fields = Fields(decode_json(raw, limit=MAX_MANIFEST_BYTES, where="manifest"), "manifest")
    named = fields.text("mediaType", limit=255, default="")
    sent = content_type.partition(";")[0].strip()
    media_type = named or sent or media.OCI_MANIFEST
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise BadInput(f"{media_type[:80]!r} is not the media type of a manifest", where="mediaType")
    if sent and sent != media_type:
        raise BadInput(f"the request says {sent[:80]!r}, the manifest {media_type!r}", where="Content-Type")
    config = fields.map("config") if fields.has("config") else None
    config_type = config.text("mediaType", limit=255, default="") if config else ""
    subject = fields.map("subject").text("digest", limit=256) if fields.has("subject") else ""
    return Document(
        media_type,
        fields.text("artifactType", limit=255, default="") or config_type,
        parse_any_digest(subject, where="subject.digest") if subject else None,
        fields.text_map("annotations", count=MAX_ANNOTATIONS, limit=MAX_MANIFEST_BYTES) if subject else {},
        config.digest("digest") if config and logged else None,
        _digests(fields, "config", "layers") if logged else (),
        _digests(fields, "manifests") if logged else (),
    )


def _digests(fields: Fields, *names: str) -> tuple[Digest, ...]:
    found: list[Digest] = []
    for name in names:
        if name == "config":
            found += [fields.map(name).digest("digest")] if fields.has(name) else []
        else:
            found += [item.digest("digest") for item in fields.maps(name, limit=MAX_PARTS, default=[])]
    return tuple(dict.fromkeys(found))
