"""Test vectors that others published (they are not part of the project), and how their cases are read."""

import os
from dataclasses import dataclass
from pathlib import Path

import ebpfhub
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.identity import Identity
from ebpfhub.signing.bundle import SignedManifest, require_identity, verify_artifact_bundle, verify_manifest_bundle
from ebpfhub.signing.roots import TrustDomain
from ebpfhub.signing.verdict import Proof

SLSA_PROVENANCE = "https://slsa.dev/provenance/v1"  # what the DSSE bundles among the vectors state
BEACON = Identity(
    "public",
    "https://token.actions.githubusercontent.com",
    "https://github.com/sigstore-conformance/extremely-dangerous-public-oidc-beacon"
    "/.github/workflows/extremely-dangerous-oidc-beacon.yml@refs/heads/main",
)


def vectors_folder() -> Path:
    """The folder named by EBPFHUB_VECTORS, or the one beside the project."""
    beside = Path(ebpfhub.__path__[0]).resolve().parent / "shared" / "vectors"
    folder = Path(os.environ.get("EBPFHUB_VECTORS") or beside)
    assert (folder / "sigstore-conformance").is_dir(), (
        f"{folder} does not hold the published test vectors: set EBPFHUB_VECTORS to a copy "
        "(sigstore-conformance, sigstore-python, trusted-roots, tessera-log; their README names the sources)"
    )
    return folder


@dataclass(frozen=True)
class Case:
    """One folder of sigstore-conformance's bundle-verify, with its README's defaults filled in."""

    name: str
    bundle: bytes
    root: bytes
    artifact: Digest
    identity: Identity

    @classmethod
    def read(cls, vectors: Path, name: str) -> "Case":
        everything = vectors / "sigstore-conformance" / "bundle-verify"
        folder = everything / name
        own = {item.name: item for item in folder.iterdir()}
        root = own.get("trusted_root.json", vectors / "trusted-roots" / "public-good.trusted_root.json")
        issuer, subject = (own[key].read_text().strip() if key in own else "" for key in ("issuer", "identity"))
        return cls(
            name,
            own["bundle.sigstore.json"].read_bytes(),
            root.read_bytes(),
            Digest.of(own.get("artifact", everything / "a.txt").read_bytes()),
            Identity("public", issuer or BEACON.issuer, subject or BEACON.subject),
        )

    def verify(self, *, bundle: bytes | None = None, root: bytes | None = None) -> Proof | SignedManifest:
        """Verify the case as it is, or with another bundle or root in its place."""
        domain = TrustDomain.parse("public", root or self.root)
        raw = bundle or self.bundle
        if b'"dsseEnvelope"' not in self.bundle:
            return verify_artifact_bundle(raw, domain, artifact=self.artifact, identity=self.identity)
        signed = verify_manifest_bundle(raw, domain, manifest=self.artifact, predicate_type=SLSA_PROVENANCE)
        require_identity(signed.identity, self.identity)
        return signed
