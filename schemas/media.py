"""Media types and artifact types: ours, OCI's and Sigstore's (protocol.md sections 2 and 3)."""

PACKAGE = "application/vnd.ebpfhub.package.v1"
PACKAGE_CONFIG = "application/vnd.ebpfhub.package.config.v1+json"
BPF_OBJECT = "application/vnd.ebpfhub.bpf.v1+zstd"
WASM = "application/wasm"
BTF_ARCHIVE = "application/vnd.ebpfhub.btf.v1.tar+zstd"
README = "text/markdown"
SOURCE = "application/vnd.ebpfhub.source.v1.tar+zstd"
LAYERS = frozenset({BPF_OBJECT, WASM, BTF_ARCHIVE, README, SOURCE})

KERNEL_TYPES = "application/vnd.ebpfhub.kernel-types.v1"
KERNEL_BTF = "application/vnd.ebpfhub.btf.v1+zstd"
TYPES_LAYERS = frozenset({KERNEL_BTF, README})
RELEASES = frozenset({PACKAGE, KERNEL_TYPES})

INDEX_ANSWER = "application/vnd.ebpfhub.index-answer.v1+msgpack"
PROBLEM = "application/problem+json"

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_EMPTY = "application/vnd.oci.empty.v1+json"
OCI_LAYOUT_VERSION = "1.0.0"

SIGSTORE_BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
IN_TOTO = "application/vnd.in-toto+json"
IN_TOTO_STATEMENT = "https://in-toto.io/Statement/v1"
IN_TOTO_STATEMENT_0_1 = "https://in-toto.io/Statement/v0.1"
SLSA_PROVENANCE = "https://slsa.dev/provenance/v1"
CYCLONEDX = "application/vnd.cyclonedx+json"
CYCLONEDX_PREDICATE = "https://cyclonedx.org/bom"
COSIGN_SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1"
ORDER_PREDICATE = "urn:ebpfhub:order:v1"  # of an owner's order to the log (protocol.md section 4)
