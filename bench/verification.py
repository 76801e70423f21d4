"""S4: one Sigstore bundle verified in a warm process, beside sigstore-python's Verifier; and a receipt checked."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from ..client.home import Home
from ..client.store import Store
from ..federation.package_file import PackageFile
from ..schemas import media
from ..schemas.digest import Digest
from ..schemas.errors import NotTrusted
from ..schemas.identity import Identity
from ..schemas.reference import Reference
from ..signing.bundle import verify_manifest_bundle
from ..signing.roots import TrustDomain
from .measure import Row, median, spread
from .stage import Stage

RUNS = 101
TARGET_RECEIPT = 0.001  # seconds


def rows(stage: Stage) -> list[Row]:
    """The signature of the published opensnoop, with the authority's trusted root; then its installed receipt."""
    home = Home(stage.home("verification", installed=True))
    reference = Reference.parse(f"{stage.hub.origin}/library/opensnoop")
    installed = Store(home).find(reference)
    assert installed is not None and installed.receipt.parts
    file = PackageFile.read(installed.package_file)
    assert file.proof is not None
    (root,) = file.proof.trust.values()
    manifest = file.contents.manifest.digest
    bundle = next(item for item in file.bundles() if _signs(item, root, manifest))
    domain = TrustDomain.parse("hub", root)
    signer = verify_manifest_bundle(bundle, domain, manifest=manifest).identity
    times = alternate(
        {
            "ours": lambda: verify_manifest_bundle(bundle, domain, manifest=manifest),
            "library": library(bundle, root, signer, manifest),
        }
    ) | alternate({"receipt": lambda: _redeemed(Store(home), reference)})
    ratio = median(times["ours"]) / median(times["library"])
    receipt = median(times["receipt"])
    return [
        Row(
            "S4",
            "a Sigstore bundle verified, warm process",
            spread(times["ours"], unit="ms", scale=1000),
            f"sigstore-python {spread(times['library'], unit='ms', scale=1000)}",
            f"{ratio:.2f} x sigstore-python",
            "≤ 1",
            ratio <= 1,
        ),
        Row(
            "S4",
            "a receipt and the bytes that run checked, warm process",
            spread(times["receipt"], unit="ms", scale=1000),
            "",
            "",
            "< 1 ms",
            receipt < TARGET_RECEIPT,
        ),
    ]


def library(bundle: bytes, root: bytes, identity: Identity, manifest: Digest) -> Callable[[], object]:
    """The same by sigstore-python alone, as its documentation has it: a Verifier made once, a bundle read each time.

    `verify_dsse` answers what was signed; that it is this manifest is its caller's to compare.
    """
    from sigstore.models import Bundle, TrustedRoot
    from sigstore.verify import Verifier, policy
    from sigstore_models.trustroot.v1 import TrustedRoot as Message

    verifier = Verifier(trusted_root=TrustedRoot(Message.from_json(root)))
    wanted = policy.Identity(identity=identity.subject, issuer=identity.issuer)

    def run() -> None:
        kind, payload = verifier.verify_dsse(Bundle.from_json(bundle), wanted)
        (subject,) = json.loads(payload)["subject"]
        assert (kind, subject["digest"]["sha256"]) == (media.IN_TOTO, manifest.hex)

    return run


def alternate(calls: dict[str, Callable[[], object]]) -> dict[str, list[float]]:
    """Time each call RUNS times, in turns, after one that counts for nothing. Seconds."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(RUNS + 1):
        for name, call in calls.items():
            began = time.perf_counter()
            call()
            if turn:
                times[name].append(time.perf_counter() - began)
    return times


def _signs(bundle: bytes, root: bytes, manifest: Digest) -> bool:
    """Whether it is the signature, and no attestation."""
    try:
        verify_manifest_bundle(bundle, TrustDomain.parse("hub", root), manifest=manifest)
    except NotTrusted:
        return False
    return True


def _redeemed(store: Store, reference: Reference) -> object:
    found = store.find(reference)
    assert found is not None
    return found.redeem()
