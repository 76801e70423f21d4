"""Make the types that come with ecli, from the BTF of Debian's kernels: `make types` writes data/ anew.

    python -P -m ebpfhub.client.builder.vmlinux.derive [SERIES]

The same packages and the same libbpf give the same headers. types.json says which packages they were, with digests.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from ....federation.files import write_durably
from ....schemas.digest import Digest
from ..architecture import Architecture
from ..compiler.types import write_header
from .debian import download_kernel, kernel_btf, unpacked_image
from .shipped import DATA, FACTS, FIRST, WINDOW_LOG

SERIES = "6.12"
LEVEL = 22  # zstd's best: 35 seconds once, and some 600 KB for ever
_SECOND_ONES = [item for item in Architecture if item is not FIRST]


def main() -> None:
    """Derive the types of every architecture. About two minutes and 200 MB of downloads."""
    series = sys.argv[1] if sys.argv[1:] else SERIES
    facts: dict[str, dict[str, str]] = {}
    headers: dict[Architecture, bytes] = {}
    for architecture in (FIRST, *_SECOND_ONES):
        headers[architecture], facts[architecture.value] = derive(series, architecture)
        packed = compress(headers[architecture], None if architecture is FIRST else headers[FIRST])
        write_durably(DATA / f"{architecture.value}.h.zst", packed)
        print(f"{architecture.value}: Linux {facts[architecture.value]['kernel']}, {len(packed)} bytes")  # noqa: T201
    write_durably(FACTS, (json.dumps(facts, indent=2, sort_keys=True) + "\n").encode())


def derive(series: str, architecture: Architecture) -> tuple[bytes, dict[str, str]]:
    """The text of vmlinux.h, and the facts about where it comes from."""
    with tempfile.TemporaryDirectory(prefix="ebpfhub-types-") as name:
        folder = Path(name)
        package = download_kernel(series, architecture.oci, folder)
        btf = folder / "vmlinux.btf"
        btf.write_bytes(kernel_btf(unpacked_image(package, folder / "unpacked")))
        header = folder / "vmlinux.h"
        write_header(header, btf=btf)
        text = header.read_bytes()
        return text, {
            "kernel": package.release,
            "package": package.file.name,
            "package-sha256": hashlib.sha256(package.file.read_bytes()).hexdigest(),
            "btf-sha256": hashlib.sha256(btf.read_bytes()).hexdigest(),
            "libbpf": _libbpf_version(),
            "vmlinux.h": Digest.of(text),
        }


def compress(text: bytes, given: bytes | None) -> bytes:
    """Compress a header as small as zstd can, `given` another one that its reader has."""
    import zstandard

    raw = zstandard.DICT_TYPE_RAWCONTENT
    dictionary = zstandard.ZstdCompressionDict(given, dict_type=raw) if given else None
    size = len(text) + len(given or b"")
    parameters = zstandard.ZstdCompressionParameters.from_level(
        LEVEL, source_size=size, window_log=WINDOW_LOG, enable_ldm=True, write_content_size=True
    )
    return zstandard.ZstdCompressor(compression_params=parameters, dict_data=dictionary).compress(text)


def _libbpf_version() -> str:
    return subprocess.check_output(["pkg-config", "--modversion", "libbpf"], text=True).strip()


if __name__ == "__main__":
    main()
