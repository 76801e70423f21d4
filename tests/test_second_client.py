"""A second client, written from docs/protocol.md alone: it verifies the document's own example without our code."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

import msgpack
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from .documents import DOCS, blocks

FINGERPRINT = "d2dd6e81a001b70a13607f6fbbb3b129ff367216fc1f8e3ae53e63976bf573a2"


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_key(vkey: str) -> tuple[str, bytes, int, bytes]:
    """Name, key id, type, public key."""
    name, key_id, encoded = vkey.split("+", 2)
    raw = base64.b64decode(encoded)
    assert sha256(name.encode(), b"\n", raw)[:4].hex() == key_id
    return name, bytes.fromhex(key_id), raw[0], raw[1:]


def verify_note(note: str, vkey: str) -> int:
    """Demand a right signature; the time that a cosignature states, 0 for others."""
    name, key_id, kind, public = read_key(vkey)
    body, _, lines = note.rpartition("\n\n")
    body += "\n"
    for line in lines.splitlines():
        signer, encoded = line.removeprefix("— ").split(" ")
        raw = base64.b64decode(encoded)
        if (signer, raw[:4]) != (name, key_id):
            continue
        time = int.from_bytes(raw[4:12], "big") if kind == 4 else 0
        signed = f"cosignature/v1\ntime {time}\n{body}" if kind == 4 else body
        Ed25519PublicKey.from_public_bytes(public).verify(raw[12 if kind == 4 else 4 :], signed.encode())
        return time
    raise InvalidSignature(f"{name} has not signed")


def origin_facts(note: str) -> dict[str, str]:
    body = note.rpartition("\n\n")[0].splitlines()
    assert body[0] == "ebpfhub-origin-note/v1"
    facts = dict(line.split(" ", 1) for line in body[1:])
    verify_note(note, facts["key"])
    raw = base64.b64decode(facts["key"].split("+", 2)[2])
    assert sha256(raw).hex() == FINGERPRINT
    return facts


def tree_root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 section 2.1.3.2."""
    value, last = leaf, size - 1
    for sibling in path:
        assert last
        if index % 2 or index == last:
            value = sha256(b"\x01", sibling, value)
            while not index % 2 and index:
                index, last = index >> 1, last >> 1
        else:
            value = sha256(b"\x01", value, sibling)
        index, last = index >> 1, last >> 1
    assert not last
    return value


def map_root(key: bytes, proven: dict[str, Any]) -> bytes:
    siblings = proven["siblings"]
    bits = "".join(f"{byte:08b}" for byte in key)
    if proven["record"] is not None:
        value = sha256(b"\x12", key, sha256(proven["record"]))
    elif proven["other"] is not None:
        other = proven["other"][0]
        assert other != key and "".join(f"{byte:08b}" for byte in other)[: len(siblings)] == bits[: len(siblings)]
        value = sha256(b"\x12", *proven["other"])
    else:
        value = bytes(32)
    for depth, sibling in zip(reversed(range(len(siblings))), siblings, strict=True):
        value = sha256(b"\x13", sibling, value) if bits[depth] == "1" else sha256(b"\x13", value, sibling)
    return value


def verify(note: str, data: bytes, *, package: str) -> dict[str, Any]:
    """Steps 2 to 15 of section 7, for somebody who has seen the log's first entry; the release's entry."""
    facts = origin_facts(note)
    answer = msgpack.unpackb(data)
    origin, size_line, root_line = answer["checkpoint"].split("\n")[:3]
    size, root = int(size_line), base64.b64decode(root_line)
    assert origin == facts["origin"]
    verify_note(answer["checkpoint"], facts["log"].split(" ")[2])
    assert verify_note(answer["checkpoint"], facts["cosigner"]) > 0

    def entry(logged: dict[str, Any]) -> dict[str, Any]:
        assert tree_root(sha256(b"\x00", logged["data"]), logged["index"], size, logged["proof"]) == root
        read: dict[str, Any] = msgpack.unpackb(logged["data"])
        return read

    last = entry(answer["last"])
    assert (answer["last"]["index"], last["kind"], last["rules"]) == (size - 1, "index", 2)
    assert map_root(sha256(b"\x10", package.encode()), answer["package"]) == last["root"]
    record = msgpack.unpackb(answer["package"]["record"])
    tag = record["tags"]["latest"]
    assert map_root(sha256(b"\x11", f"{package}:{tag}".encode()), answer["version"]) == last["root"]
    version = msgpack.unpackb(answer["version"]["record"])
    release = entry(answer["release"])
    claims = {shown["index"]: entry(shown) for shown in answer["claims"]}
    assert version["entry"] == answer["release"]["index"]
    claim = claims[version["claim"]]
    assert (release["manifest"], release["version"], version["state"]) == (version["manifest"], tag, "released")
    assert claims[record["claim"]]["owners"] == record["owners"]
    owner, identity = claim["owners"][0], release["identity"]
    assert [owner[name] for name in ("domain", "issuer", "pattern")] == [
        identity[name] for name in ("domain", "issuer", "subject")
    ]
    return release


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    return blocks((DOCS / "protocol.md").read_text())


def bytes_of(block: str) -> bytes:
    return bytes.fromhex("".join(re.findall(r"^ +([0-9a-f]+)$", block, re.MULTILINE)))


def test_example_verifies(example: dict[str, str]) -> None:
    release = verify(example["origin-note"], bytes_of(example["index-answer"]), package="tools/opensnoop")
    assert f"sha256:{release['manifest'].hex()}" in example["package"]


@pytest.mark.parametrize("part", ["last", "package", "version", "release", "claims"])
def test_example_with_a_changed_byte_does_not(part: str, example: dict[str, str]) -> None:
    data = bytes_of(example["index-answer"])
    held = msgpack.unpackb(data)[part]
    held = held[0] if part == "claims" else held
    there = held.get("data") or held["record"]
    changed = data.replace(there, there[:-1] + bytes([there[-1] ^ 1]))
    assert changed != data
    with pytest.raises(AssertionError):
        verify(example["origin-note"], changed, package="tools/opensnoop")


def test_example_with_another_checkpoint_does_not(example: dict[str, str]) -> None:
    changed = bytes_of(example["index-answer"]).replace(b"hub.example.org\n4\n", b"hub.example.org\n5\n")
    with pytest.raises(InvalidSignature):
        verify(example["origin-note"], changed, package="tools/opensnoop")
