"""Packages of eunomia-bpf: a `package.json` is a BPF object (base64 of zlib) and what it is for (`ComposedObject`).

Types and places of variables and events are taken from the object's own BTF, never from the text beside it.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass

from .bpf_object import MAX_OBJECT_BYTES, BpfObject
from .codec import decode_json
from .errors import BadInput
from .eunomia_meta import Meta
from .eunomia_usage import Setting, settings_of, usage_of
from .fields import Fields
from .package import MAX_DESCRIPTION_CHARS, PackageConfig
from .reference import check_name
from .semver import Version

MAX_JSON_BYTES = 24 * 1024 * 1024  # bytes; base64 of an object of MAX_OBJECT_BYTES that cannot be compressed
NAMESPACE = "local"
DEFAULT_VERSION = "0.1.0"  # as upstream's loader has it


@dataclass(frozen=True, slots=True)
class EunomiaPackage:
    """A package.json, read. `settings` are defaults that differ from what the object was compiled with.

    `types` is a plain tar of kernel types, `<id>/<version>/<machine>/<release>.btf`, of packages that came as a tar.
    """

    config: PackageConfig
    bpf_object: bytes
    settings: tuple[Setting, ...] = ()
    types: bytes | None = None

    @classmethod
    def parse(cls, raw: bytes, *, where: str = "package.json") -> EunomiaPackage:
        """Read a package.json of at most MAX_JSON_BYTES. Raises: BadInput, which names the field."""
        fields = Fields(decode_json(raw, limit=MAX_JSON_BYTES, where=where), where)
        bpf_object = _object(fields)
        meta = Meta.read(fields.map("meta"))
        facts = BpfObject.parse(bpf_object, where=fields.at("bpf_object"))
        usage = usage_of(meta, facts)
        config = PackageConfig(
            NAMESPACE,
            _name(meta.object_name),
            _version(meta.version),
            description=meta.description[:MAX_DESCRIPTION_CHARS],
            license=facts.license,
            usage=usage,
        )
        return cls(config, bpf_object, settings_of(meta, facts))


def _object(fields: Fields) -> bytes:
    size = fields.integer("bpf_object_size", low=1, high=MAX_OBJECT_BYTES)
    where = fields.at("bpf_object")
    try:
        packed = base64.b64decode(fields.text("bpf_object", limit=MAX_JSON_BYTES), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("is not base64", where=where) from error
    inflater = zlib.decompressobj()
    try:
        made = inflater.decompress(packed, size + 1)
    except zlib.error as error:
        raise BadInput(f"is not compressed with zlib: {error}", where=where) from error
    if len(made) != size:
        more = "more" if len(made) > size else str(len(made))
        raise BadInput(f"has {more} bytes, but bpf_object_size says {size}", where=where)
    if not inflater.eof or inflater.unused_data:
        raise BadInput("is cut off, or has something after its end", where=where)
    return made


def _name(object_name: str) -> str:
    """A package's name out of a file's: `opensnoop_bpf` is opensnoop."""
    text = object_name.lower().removesuffix(".o").removesuffix("_bpf").removesuffix(".bpf")
    text = re.sub(r"[._-]{2,}", "-", re.sub(r"[^a-z0-9._-]+", "-", text)).strip("._-")[:128].rstrip("._-")
    return check_name(text or "program")


def _version(text: str) -> str:
    """The version that the package says, if it is one."""
    try:
        return str(Version.parse(text, where="version"))
    except BadInput:
        return DEFAULT_VERSION
