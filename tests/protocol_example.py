"""The worked example of docs/protocol.md: one origin with fixed keys, one package, a log of four entries and its map."""

from __future__ import annotations

import base64
import json
from functools import cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from ebpfhub.federation.index.answer import tagged_version
from ebpfhub.federation.index.check import Seen, check_answer
from ebpfhub.federation.index.rules import Replay
from ebpfhub.federation.index.sparse_map import SparseMap
from ebpfhub.schemas import media
from ebpfhub.schemas.answer import IndexAnswer, LoggedEntry, ProvenRecord
from ebpfhub.schemas.codec import canonical_json
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.entry import Entry, Release, encode_entry
from ebpfhub.schemas.identity import Identity, Owner
from ebpfhub.schemas.oci import Descriptor, Manifest
from ebpfhub.schemas.ownership import Claim
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.permission_rules import Category, Group
from ebpfhub.schemas.permissions import Permission, Permissions, permissions_digest
from ebpfhub.schemas.record import package_key, version_key
from ebpfhub.schemas.reference import Reference
from ebpfhub.signing.merkle import consistency_proof, inclusion_proof, leaf_hash, node_hash, root
from ebpfhub.signing.notes import COSIGNATURE, ED25519, Checkpoint, Note, SignerKey
from ebpfhub.signing.origin import LogKey, OriginNote, origin_key_name
from ebpfhub.signing.statement import STATEMENT_TYPE, Statement

ORIGIN = "hub.example.org"
MIRROR = "mirror.example.net"
TIME = 1_750_000_000  # Unix seconds
ISSUER = "https://hub.example.org/sigstore/oidc"
ALICE = "alice@example.org"
NAME = ("tools", "opensnoop", "1.0.0")


@cache
def key(seed: int, name: str, kind: int = ED25519) -> SignerKey:
    """A key whose 32-byte seed is one byte, repeated."""
    return SignerKey(name, kind, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


def origin_key() -> SignerKey:
    return key(1, origin_key_name(ORIGIN))


def log_key() -> SignerKey:
    return key(2, ORIGIN)


def cosigner() -> SignerKey:
    return key(3, ORIGIN, COSIGNATURE)


def mirror_key() -> SignerKey:
    return key(4, f"{MIRROR}/mirror", COSIGNATURE)


def origin_facts() -> OriginNote:
    trust = (("hub", Digest.of(b"trusted root")),)
    return OriginNote(ORIGIN, 1, origin_key().verifier, (LogKey(log_key().verifier),), (cosigner().verifier,), trust)


# --- package


def config() -> bytes:
    return PackageConfig(*NAME, description="Traces opened files", license="GPL-2.0").to_json()


def manifest() -> Manifest:
    return Manifest.make(
        artifact_type=media.PACKAGE,
        config=Descriptor.of(media.PACKAGE_CONFIG, config()),
        layers=(Descriptor.of(media.BPF_OBJECT, b"example"),),
    )


def permissions() -> Permissions:
    observes = Permission(Category.OBSERVES, Group.FILES, ("tracepoint/syscalls/sys_enter_openat",))
    return Permissions(
        (observes, Permission(Category.READS_MEMORY, Group.USER, ("bpf_probe_read_user_str",))), (), (5, 8)
    )


# --- log


@cache
def entries() -> tuple[Entry, ...]:
    """A new log: the empty map, a claim, a release, the map of both."""
    replay = Replay(ORIGIN)
    claim = Claim(TIME, ORIGIN, NAME[0], (Owner("hub", ISSUER, ALICE),))
    signer = Identity("hub", ISSUER, ALICE)
    referrer = Digest.of(b"referrer")
    made = Release(
        TIME, *NAME, manifest().digest, len(manifest().raw), signer, (referrer,), permissions_digest(permissions()), 1
    )
    log: list[Entry] = []
    for batch in ((), (claim, made)):
        for entry in (*batch, None):
            log.append(replay.next_index(TIME) if entry is None else entry)
            replay.check(log[-1])
            replay.apply(log[-1])
    return tuple(log)


@cache
def replayed() -> Replay:
    replay = Replay(ORIGIN)
    for entry in entries():
        assert replay.read(encode_entry(entry)) == entry
    return replay


class Leaves:
    """merkle.Hashes of the example's log."""

    def at(self, level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hash(encode_entry(entries()[index]))
        return node_hash(self.at(level - 1, 2 * index), self.at(level - 1, 2 * index + 1))


def checkpoint() -> Note:
    size = len(entries())
    body = Checkpoint(ORIGIN, size, root(Leaves(), size)).body
    signed = Note.sign(body, log_key(), cosigner(), time=TIME)
    return signed.with_signature(mirror_key().sign(body, time=TIME + 2))


# --- map


def the_map() -> SparseMap:
    return replayed().map


def record(*, version: bool) -> bytes:
    package = replayed().package_record(*NAME[:2])
    assert package is not None
    return replayed().packages[package_name()].versions[NAME[2]].encode() if version else package.encode()


def package_name() -> str:
    return f"{NAME[0]}/{NAME[1]}"


def answer() -> IndexAnswer:
    size = len(entries())

    def logged(index: int) -> LoggedEntry:
        return LoggedEntry(index, encode_entry(entries()[index]), inclusion_proof(Leaves(), index, size))

    package = replayed().package_record(*NAME[:2])
    assert package is not None and tagged_version(package, "latest") == NAME[2]
    made = IndexAnswer(
        str(checkpoint()),
        consistency_proof(Leaves(), 1, size),
        logged(size - 1),
        ProvenRecord(record(version=False), the_map().prove(package_key(*NAME[:2])).siblings),
        ProvenRecord(record(version=True), the_map().prove(version_key(*NAME)).siblings),
        logged(2),
        (logged(1),),
    )
    check_answer(made, reference=Reference("", *NAME[:2]), origin=origin_facts(), seen=Seen(1, Leaves().at(0, 0)))
    return made


# --- signature


def statement() -> bytes:
    """The payload that a publisher signs."""
    subject = {"name": package_name(), "digest": {"sha256": manifest().digest.hex}}
    made = {
        "_type": STATEMENT_TYPE,
        "subject": [subject],
        "predicateType": media.COSIGN_SIGN_PREDICATE,
        "predicate": {},
    }
    raw = json.dumps(made).encode()
    read = Statement.parse(media.IN_TOTO, raw)
    read.require(manifest=manifest().digest, name=package_name(), predicate_type=media.COSIGN_SIGN_PREDICATE)
    return raw


def bundle() -> bytes:
    """A document with the form of a Sigstore bundle and nothing in it that would verify."""
    proof = {"logIndex": "0", "treeSize": "1", "rootHash": "", "hashes": [], "checkpoint": {"envelope": ""}}
    logged = {"logIndex": "0", "logId": {"keyId": ""}, "kindVersion": {"kind": "hashedrekord", "version": "0.0.2"}}
    payload = base64.b64encode(statement()).decode()
    return canonical_json(
        {
            "mediaType": media.SIGSTORE_BUNDLE,
            "verificationMaterial": {"tlogEntries": [logged | {"inclusionProof": proof}]},
            "dsseEnvelope": {"payload": payload, "payloadType": media.IN_TOTO, "signatures": [{"sig": ""}]},
        }
    )
