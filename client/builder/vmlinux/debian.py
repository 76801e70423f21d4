"""Kernel types out of Debian's kernel packages, of any architecture: for makers of the shipped types, at no build.

Packages come from the distribution that this system is installed from, by apt with lists of its own, which checks
signatures and digests; nothing is installed.
"""

from __future__ import annotations

import lzma
import struct
import subprocess
import zlib
from pathlib import Path
from typing import NamedTuple

from ....schemas.errors import BadInput, NotFound

MAX_KERNEL_BYTES = 512 * 1024 * 1024
_BOOT_MAGIC, _BOOT_MAGIC_AT = b"HdrS", 0x202  # Linux x86 boot protocol
_SECTORS_AT, _PAYLOAD_AT, _SECTOR = 0x1F1, 0x248, 512
_BTF_HEADER = struct.Struct("<HBBIIIII")
_BTF_BEGIN = struct.pack("<HBBI", 0xEB9F, 1, 0, _BTF_HEADER.size)


class KernelPackage(NamedTuple):
    """A kernel package's file, and the release in its name."""

    file: Path
    release: str


def download_kernel(series: str, architecture: str, folder: Path) -> KernelPackage:
    """Download the newest kernel of a series such as 6.12 for Debian's `architecture` (some 100 MB).

    Raises: NotFound; CalledProcessError when apt fails.
    """
    options = _private_apt(architecture, folder)
    _run("apt-get", *options, "update", "--quiet=2")
    meta = f"linux-image-{series}-{architecture}"
    for line in _run("apt-cache", *options, "depends", meta).splitlines():
        kind, _, name = line.strip().partition(": ")
        if kind == "Depends" and name.startswith(f"linux-image-{series}."):
            _run("apt-get", *options, "download", "--quiet=2", name, cwd=folder)
            return KernelPackage(next(folder.glob(f"{name}_*.deb")), name.removeprefix("linux-image-"))
    raise NotFound(f"the distribution has no kernel {series} for {architecture}", where=meta)


def unpacked_image(package: KernelPackage, folder: Path) -> bytes:
    """The bootable image in a kernel package, as it is installed in /boot. Raises: CalledProcessError, OSError."""
    _run("dpkg-deb", "--extract", str(package.file), str(folder))
    return (folder / "boot" / f"vmlinuz-{package.release}").read_bytes()


def kernel_btf(image: bytes) -> bytes:
    """The BTF in a bootable image: x86's bzImage, or one that is not compressed, as arm64's. Raises: BadInput."""
    kernel = _payload(image)
    found, at = b"", -1
    while (at := kernel.find(_BTF_BEGIN, at + 1)) >= 0:
        if len(kernel) - at < _BTF_HEADER.size:
            break
        *_, types_at, types, strings_at, strings = _BTF_HEADER.unpack_from(kernel, at)
        end = at + _BTF_HEADER.size + strings_at + strings
        if types_at == 0 and strings_at == types and len(found) < end - at <= len(kernel) - at:
            found = kernel[at:end]
    if not found:
        raise BadInput("holds no BTF", where="kernel image")
    return found


def _payload(image: bytes) -> bytes:
    """The kernel that a bzImage unpacks when it boots (Documentation/arch/x86/boot.rst)."""
    if image[_BOOT_MAGIC_AT : _BOOT_MAGIC_AT + 4] != _BOOT_MAGIC:
        return image
    offset, length = struct.unpack_from("<II", image, _PAYLOAD_AT)
    begin = ((image[_SECTORS_AT] or 4) + 1) * _SECTOR + offset
    packed = image[begin : begin + length]
    if packed.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        return bytes(zstandard.ZstdDecompressor().decompressobj().decompress(packed))
    if packed.startswith(b"\xfd7zXZ\0"):
        return lzma.LZMADecompressor().decompress(packed, MAX_KERNEL_BYTES)
    if packed.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(31).decompress(packed, MAX_KERNEL_BYTES)
    raise BadInput("is packed in a form that is not known", where="kernel image")


def _private_apt(architecture: str, folder: Path) -> tuple[str, ...]:
    """Options by which apt knows another architecture's packages, and writes nothing outside `folder`."""
    for name in ("lists/partial", "cache/archives/partial"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "status").touch()
    settings = {
        "APT::Architecture": architecture,
        "APT::Architectures": architecture,
        "APT::Sandbox::User": "root",
        "Dir::State::lists": str(folder / "lists"),
        "Dir::State::status": str(folder / "status"),
        "Dir::Cache": str(folder / "cache"),
    }
    return tuple(f"--option={name}={value}" for name, value in settings.items())


def _run(*words: str, cwd: Path | None = None) -> str:
    return subprocess.check_output(words, cwd=cwd, text=True)
