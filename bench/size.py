"""S5: how large the opensnoop package is."""

from __future__ import annotations

from ..federation.package_file import PackageFile
from .measure import Row
from .stage import Stage


def rows(stage: Stage) -> list[Row]:
    """All layers as they travel, beside the package file with and without its proofs."""
    held = PackageFile.read(stage.package.read_bytes()).contents
    layers = sum(blob.size for blob in held.manifest.blobs)
    object_size = sum(map(len, held.objects()))
    return [
        Row(
            "S5",
            "size of the opensnoop package, all layers",
            f"{layers / 1024:.1f} KB (its object, decompressed: {object_size / 1024:.1f} KB)",
            "libbpf-tools binary 343 KB; eunomia package.json 16 KB",
            "",
            "≤ 12 KB",
            layers <= 12 * 1024,
        )
    ]
