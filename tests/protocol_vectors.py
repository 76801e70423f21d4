"""The worked examples of docs/protocol.md, computed by the code. Nothing here is random.

python -P -m ebpfhub.tests.protocol_vectors      writes them into the document anew
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime

from ebpfhub.federation.index.sparse_map import MapProof, SparseMap, check_map_proof
from ebpfhub.federation.log.tiles import TileName, pack_entries
from ebpfhub.federation.mirrors import Measured, rank
from ebpfhub.schemas import media
from ebpfhub.schemas.codec import encode
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import encode_entry, signed_part
from ebpfhub.schemas.identity import Identity, Owner
from ebpfhub.schemas.mandate import By, Mandate
from ebpfhub.schemas.oci import Descriptor
from ebpfhub.schemas.ownership import Yank
from ebpfhub.schemas.permissions import permissions_digest
from ebpfhub.schemas.record import package_key, version_key
from ebpfhub.schemas.semver import Version
from ebpfhub.signing.authority.rekor import pae
from ebpfhub.signing.merkle import check_consistency, consistency_proof, inclusion_proof, leaf_hash, root
from ebpfhub.signing.sign import bundle_manifest

from .documents import DOCS, rewritten
from .protocol_example import (
    ISSUER,
    NAME,
    ORIGIN,
    TIME,
    Leaves,
    answer,
    bundle,
    checkpoint,
    config,
    cosigner,
    entries,
    log_key,
    manifest,
    mirror_key,
    origin_facts,
    origin_key,
    permissions,
    record,
    statement,
    the_map,
)

WIDTH = 96  # hex digits of a line
DOCUMENT = DOCS / "protocol.md"


def hexed(data: bytes, *, indent: str = "  ") -> str:
    text = data.hex()
    return "".join(f"{indent}{text[place : place + WIDTH]}\n" for place in range(0, len(text), WIDTH))


def facts(**told: object) -> str:
    width = max(len(name) for name in told) + 2
    return "".join(f"{name.replace('_', ' '):<{width}}{value}\n" for name, value in told.items())


def _keys() -> str:
    made = {"origin_key": origin_key(), "log_key": log_key(), "cosigner_key": cosigner(), "mirror_key": mirror_key()}
    lines = [
        facts(**{name: item.verifier, "__seed": f"{item.private.private_bytes_raw()[:1].hex()} x 32"})
        for name, item in made.items()
    ]
    return "".join(lines) + facts(fingerprint_of_the_origin_key=origin_key().verifier.fingerprint)


def _messagepack() -> str:
    values: tuple[dict[str, object], ...] = (
        {},
        {"v": 1, "kind": "x"},
        {"b": b"\x00", "a": [127, 128, 256, 65536]},
        {"none": None, "yes": True},
    )
    return "".join(f"{value!r:<42} {encode(value).hex()}\n" for value in values)


def _entry(index: int) -> str:
    data = encode_entry(entries()[index])
    return f"bytes ({len(data)})\n{hexed(data)}leaf hash\n{hexed(leaf_hash(data))}"


def _tiles() -> str:
    size = len(entries())
    packed = pack_entries([encode_entry(entry) for entry in entries()])
    tile = b"".join(Leaves().at(0, index) for index in range(size))
    names = (TileName(None, 0, size).path, TileName(0, 0, size).path)
    return (
        f"{names[0]} ({len(packed)} bytes, SHA-256)\n{hexed(hashlib.sha256(packed).digest())}"
        f"{names[1]} ({len(tile)} bytes)\n{hexed(tile)}"
        f"root of {size} entries\n{hexed(root(Leaves(), size))}"
        f"paths of other tiles\n  {TileName(1, 0).path}  {TileName(0, 255).path}  {TileName(0, 1234067).path}\n"
    )


def _proofs() -> str:
    size = len(entries())
    told = [f"inclusion of entry 2 in {size}\n", *(hexed(item) for item in inclusion_proof(Leaves(), 2, size))]
    for old in (1, 3):
        path = consistency_proof(Leaves(), old, size)
        roots = (root(Leaves(), old), root(Leaves(), size))
        check_consistency(old=old, new=size, old_root=roots[0], new_root=roots[1], proof=path)
        told += [f"consistency from {old} to {size}\n", *(hexed(item) for item in path)]
    return "".join(told)


def _records() -> str:
    told = []
    keys = {"package": package_key(*NAME[:2]), "version": version_key(*NAME)}
    for name, at in keys.items():
        data = record(version=name == "version")
        value = hashlib.sha256(data).digest()
        told.append(f"{name} record ({len(data)} bytes)\n{hexed(data)}{name} key\n{hexed(at)}value\n{hexed(value)}")
        told.append(f"leaf\n{hexed(SparseMap().set(at, value).root)}")
    return "".join(told)


def _map() -> str:
    made, told = the_map(), [f"root\n{hexed(the_map().root)}"]
    asked = {
        "tools/opensnoop": package_key(*NAME[:2]),
        "tools/opensnoop:1.0.0": version_key(*NAME),
        "tools/execsnoop": package_key("tools", "execsnoop"),
    }
    for name, at in asked.items():
        proof = made.prove(at)
        check_map_proof(root=made.root, key=at, value=made.get(at), proof=proof)
        told.append(f"proof of {name}, key {at.hex()[:8]}…: {'present' if made.get(at) else 'absent'}\n")
        told += [f"  siblings, {len(proof.siblings)}\n", *(hexed(item, indent="    ") for item in proof.siblings)]
        told.append(_other(proof))
    return "".join(told)


def _other(proof: MapProof) -> str:
    if proof.other is None:
        return "  other: none\n"
    return "  other, key and value\n" + "".join(hexed(item, indent="    ") for item in proof.other)


def _permissions() -> str:
    listed = [
        {"category": str(item.category), "group": str(item.group), "evidence": list(item.evidence)}
        for item in permissions().permissions
    ]
    data = encode({"rules": 1, "permissions": listed})
    assert Digest.of(data) == permissions_digest(permissions())
    return f"bytes ({len(data)})\n{hexed(data)}digest\n  {permissions_digest(permissions())}\n"


def _answer() -> str:
    data = answer().encode()
    return f"bytes ({len(data)})\n{hexed(data)}"


def _package() -> str:
    return (
        f"config ({len(config())} bytes, {Digest.of(config())})\n  {config().decode()}\n"
        f"manifest ({len(manifest().raw)} bytes, {manifest().digest})\n  {manifest().raw.decode()}\n"
    )


def _addresses() -> str:
    name = hashlib.sha256(ORIGIN.encode()).hexdigest()
    return facts(SHA256_of_the_origin=name, checkpoint=f"/mirror/{name}/checkpoint")


def _patterns() -> str:
    asked = (
        ("alice@example.org", "alice@example.org"),
        ("alice@example.org", "Alice@example.org"),
        ("*@example.org", "bob@example.org"),
        ("*@example.org", "bob@example.org.evil.net"),
        ("https://github.com/acme/*/.github/workflows/release.yml@*", "https://github.com/acme/x/.github/workflows/release.yml@v1"),
        ("https://github.com/acme/*/.github/workflows/release.yml@*", "https://github.com/acme/x/.github/workflows/release.yml@refs/tags/v1"),
    )  # fmt: skip
    lines = []
    for pattern, subject in asked:
        found = Owner("hub", ISSUER, pattern).matches(Identity("hub", ISSUER, subject))
        lines.append(f"{pattern}\n  {'matches' if found else 'is not'}  {subject}\n")
    return "".join(lines)


def _versions() -> str:
    texts = ("1.0.0", "1.0.0-rc.1", "0.9.9", "1.0.0-rc.10", "1.0.0-rc.2", "1.0.0-alpha", "1.0.0-1", "1.10.0", "1.2.0")
    return " < ".join(str(item) for item in sorted(map(Version.parse, texts))) + "\n"


def _ranking() -> str:
    servers = (
        Measured("https://hub.example.org", mirror=False, milliseconds=21.0, size=400),
        Measured("https://near.example.net", mirror=True, milliseconds=15.0, size=400),
        Measured("https://behind.example.net", mirror=True, milliseconds=2.0, size=396),
        Measured("https://far.example.net", mirror=True, slow=True),
        Measured("https://gone.example.net", mirror=True, error="no answer"),
    )
    lines = []
    for place, item in enumerate(rank(servers, seen=396), 1):
        time = "-" if item.measured.milliseconds is None else f"{item.measured.milliseconds:.0f} ms"
        size = "-" if item.measured.size is None else str(item.measured.size)
        lines.append(f"{place}  {item.measured.url:<28} {time:>6} {size:>5}  {item.verdict}\n")
    return "".join(lines)


def _referrer() -> str:
    subject = Descriptor.of(media.OCI_MANIFEST, manifest().raw)
    made = bundle_manifest(bundle(), subject, created=datetime.fromtimestamp(TIME, UTC))
    return f"{len(made.raw)} bytes, {made.digest}\n  {made.raw.decode()}\n"


def _dsse() -> str:
    told = pae(media.IN_TOTO, statement())
    return f"payload ({len(statement())} bytes)\n  {statement().decode()}\nsigned bytes begin with\n  {told[:44].decode()}\n"


def _yank() -> str:
    signer = Identity("hub", ISSUER, "alice@example.org")
    made = Yank(TIME, ORIGIN, *NAME, "it crashes", 2, Mandate(By.OWNER, signer, Digest.of(b"bundle")))
    part, data = signed_part(made), encode_entry(made)
    return (
        f"signed part ({len(part)} bytes)\n{hexed(part)}SHA-256 of it\n  {Digest.of(part).hex}\n"
        f"entry ({len(data)} bytes)\n{hexed(data)}"
    )


VECTORS: dict[str, Callable[[], str]] = {
    "keys": _keys,
    "versions": _versions,
    "owner-patterns": _patterns,
    "messagepack": _messagepack,
    "package": _package,
    "permissions": _permissions,
    "dsse": _dsse,
    "referrer": _referrer,
    "origin-note": lambda: origin_facts().sign(origin_key()),
    "entry-0": lambda: _entry(0),
    "entry-1": lambda: _entry(1),
    "entry-2": lambda: _entry(2),
    "entry-3": lambda: _entry(3),
    "yank": _yank,
    "tiles": _tiles,
    "log-proofs": _proofs,
    "checkpoint": lambda: str(checkpoint()),
    "records": _records,
    "map": _map,
    "index-answer": _answer,
    "mirror-address": _addresses,
    "ranking": _ranking,
}


def main() -> None:
    """Write the vectors and limits into the document."""
    from .protocol_limits import limits_table

    made = {name: make() for name, make in VECTORS.items()} | {"limits": limits_table()}
    DOCUMENT.write_text(rewritten(DOCUMENT.read_text(), made))


if __name__ == "__main__":
    main()
