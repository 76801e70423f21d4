"""The table of limits in docs/protocol.md, read from the code: name, value, unit, what it bounds."""

from __future__ import annotations

from importlib import import_module

# module, constant, unit, what it bounds, who is bound by it
LIMITS = (
    ("schemas.reference", "MAX_REFERENCE_CHARS", "characters", "a reference"),
    ("schemas.reference", "MAX_NAME_CHARS", "characters", "a namespace, a package's name"),
    ("node.registry.names", "MAX_NAME_CHARS", "characters", "the name of a repository below `/v2/`"),
    ("schemas.semver", "MAX_VERSION_CHARS", "characters", "a version"),
    ("schemas.codec", "MAX_DEPTH", "levels", "nesting of a canonical MessagePack value"),
    ("schemas.entry", "MAX_ENTRY_BYTES", "bytes", "a log entry"),
    ("schemas.entry", "MAX_REFERRERS", "digests", "referrers of a release entry"),
    ("schemas.identity", "MAX_OWNERS", "owners", "a claim"),
    ("schemas.identity", "MAX_IDENTITY_CHARS", "characters", "an issuer, a subject, a pattern"),
    ("schemas.record", "MAX_RECORD_BYTES", "bytes", "a record of the map"),
    ("schemas.record", "MAX_TAGS", "tags", "a package record"),
    ("schemas.answer", "MAX_ANSWER_BYTES", "bytes", "an index answer"),
    ("schemas.answer", "MAX_CLAIMS", "claims", "an index answer"),
    ("schemas.ownership", "MAX_REASON_CHARS", "characters", "the reason of a yank or revocation"),
    ("schemas.answer", "MAX_NOTE_CHARS", "characters", "the checkpoint of an index answer"),
    ("schemas.answer", "MAX_TREE_PROOF", "hashes", "an inclusion or consistency proof of an index answer"),
    ("schemas.answer", "MAX_MAP_PROOF", "hashes", "the siblings of a map proof"),
    ("signing.notes", "MAX_NOTE_BYTES", "bytes", "a signed note"),
    ("signing.notes", "MAX_SIGNATURES", "lines", "signatures of a note"),
    ("signing.notes", "MAX_TREE_SIZE", "entries", "a log"),
    ("signing.origin", "MAX_LINES", "lines", "the body of an origin note"),
    ("federation.log.tiles", "TILE_WIDTH", "hashes or entries", "a full tile"),
    ("federation.index.rules", "KEPT_MAPS", "sizes", "maps that a reader keeps"),
    ("schemas.oci", "MAX_PACKAGE_MANIFEST_BYTES", "bytes", "the manifest of a package or of its referrer"),
    ("schemas.oci", "MAX_MANIFEST_BYTES", "bytes", "any other manifest that is pushed"),
    ("schemas.oci", "MAX_LAYERS", "layers", "such a manifest"),
    ("schemas.oci", "MAX_TYPES_LAYERS", "layers", "a manifest of kernel types"),
    ("schemas.oci", "MAX_BLOB_BYTES", "bytes", "a blob of a logged repository"),
    ("schemas.kernel_types", "MAX_KERNEL_BYTES", "bytes", "a kernel's layer"),
    ("schemas.kernel_types", "MAX_KERNEL_BTF_BYTES", "bytes", "a kernel's BTF, decompressed"),
    ("schemas.kernel_types", "MAX_TYPES_RELEASE_BYTES", "bytes", "all kernels' layers of a release"),
    ("schemas.package", "MAX_CONFIG_BYTES", "bytes", "a package's config"),
    ("schemas.package", "MAX_OBJECT_BYTES", "bytes", "a BPF object, decompressed"),
    ("schemas.package", "MAX_DESCRIPTION_CHARS", "characters", "a config's description"),
    ("schemas.program", "MAX_OPTIONS", "options", "a config"),
    ("schemas.program", "MAX_EVENTS", "streams", "a config"),
    ("schemas.package_tests", "MAX_TESTS", "tests", "a config"),
    ("schemas.package_tests", "MAX_TRIGGER_CHARS", "characters", "a test's trigger"),
    ("schemas.package_tests", "MAX_SECONDS", "seconds", "a test, from the attachment on"),
    ("schemas.c_type", "MAX_MEMBERS", "members", "a struct"),
    ("schemas.c_type", "MAX_TYPE_DEPTH", "levels", "nesting of a C type"),
    ("schemas.c_type", "MAX_VALUE_BYTES", "bytes", "a variable, an event"),
    ("federation.package_file", "MAX_FILE_BYTES", "bytes", "a package file, compressed"),
    ("federation.package_file", "MAX_TAR_BYTES", "bytes", "a package file, decompressed"),
    ("federation.package_file", "MAX_MEMBERS", "files", "a package file"),
    ("federation.package_file", "MAX_PROOF_BYTES", "bytes", "a file of a package file that is no blob"),
    ("federation.sync.archive_format", "MAX_ORIGINS", "origins", "an archive"),
    ("federation.sync.archive_format", "MAX_DOCUMENT_BYTES", "bytes", "a file below `federation/` of an archive"),
    ("federation.sync.archive_format", "MAX_INDEX_BYTES", "bytes", "`index.json` of an archive"),
    ("federation.sync.archive_format", "MAX_MEMBERS", "files", "an archive"),
    ("signing.material", "MAX_BUNDLE_BYTES", "bytes", "a Sigstore bundle"),
    ("signing.material", "MAX_TIMESTAMPS", "timestamps", "a Sigstore bundle"),
    ("signing.statement", "MAX_STATEMENT_BYTES", "bytes", "an in-toto statement"),
    ("signing.roots", "MAX_ROOT_BYTES", "bytes", "a trusted root"),
    ("signing.roots", "MAX_ROOT_ENTRIES", "entries", "a list of a trusted root"),
    ("federation.sources", "NEWS_SECONDS", "seconds", "a long-poll"),
    ("federation.sync.verified_log", "MAX_NEW_ENTRIES", "entries", "one pull of a mirror"),
    ("federation.sync.verified_log", "MAX_NEW_BYTES", "bytes", "their entries"),
    (
        "federation.sync.pull",
        "MAX_RELEASE_BYTES",
        "bytes",
        "all blobs of one release and its referrers but for kernels' layers, for a mirror",
    ),
    ("federation.sync.pull", "AT_ONCE", "releases", "fetched by a pull at a time"),
    ("node.ledger", "MAX_BATCH", "entries", "a batch, besides its map root"),
    ("node.ledger", "COSIGN_SECONDS", "seconds", "between two cosignatures of a quiet log"),
    ("node.peering.announced", "MAX_MIRRORS", "mirrors", "the list of an origin"),
    ("node.peering.announced", "FORGET_SECONDS", "seconds", "after which a silent mirror is dropped from it"),
    ("node.peering.mirrors", "ANNOUNCE_SECONDS", "seconds", "between two announcements of a mirror"),
    ("node.peering.announced", "ASK_SECONDS", "seconds", "until an announced mirror must have answered"),
    ("node.api.operation", "MAX_BODY_BYTES", "bytes", "the body of a request below `/api/v1/`, but for an order's"),
    ("client.pins", "MAX_HINTS", "mirrors", "hints that a client keeps of an origin"),
    ("signing.receipts", "MAX_RECEIPT_BYTES", "bytes", "a receipt"),
    ("federation.transport", "CONNECT_SECONDS", "seconds", "to connect"),
    ("federation.transport", "IDLE_SECONDS", "seconds", "without a byte"),
    ("federation.transport", "TOTAL_SECONDS", "seconds", "one request of a client or mirror"),
)


def limits_table() -> str:
    """The table in Markdown."""
    rows = ["| what | at most | unit |", "| --- | ---: | --- |"]
    for module, name, unit, what in LIMITS:
        value = getattr(import_module(f"ebpfhub.{module}"), name)
        told = "2^63 - 1" if value == 2**63 - 1 else f"{value:,.10g}"
        rows.append(f"| {what} | {told} | {unit} |")
    return "\n".join(rows) + "\n"
