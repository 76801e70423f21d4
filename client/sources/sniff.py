"""What bytes are, told by the bytes: a name or a URL's ending proves nothing."""

from __future__ import annotations

from enum import Enum

from ...schemas.errors import BadInput

_ELF, _ZSTD, _WASM = b"\x7fELF", b"\x28\xb5\x2f\xfd", b"\0asm\1\0\0\0"
_USTAR, _USTAR_AT = b"ustar", 257
_LAYOUT_FILES = (b"oci-layout\0", b"index.json\0", b"blobs/\0", b"blobs/sha256/")
_BLOCK = 512
_LOOKED_AT = 8  # members of a tar; an OCI layout says what it is in one of the first


class Kind(Enum):
    """What can be run, by the name that people know it by."""

    PACKAGE_FILE = "package file"
    OBJECT = "BPF object"
    WASM = "Wasm module"
    JSON = "package.json"
    TAR = "tar package"
    LAYOUT = "OCI image layout"
    CONTENTS = "package"  # of a registry or layout, its blobs checked by digest


_FORCED = {
    "json": Kind.JSON,
    "jsoneunomia": Kind.JSON,
    "tar": Kind.TAR,
    "wasm": Kind.WASM,
    "wasmmodule": Kind.WASM,
}


def sniff(data: bytes, *, where: str) -> Kind:
    """Tell what `data` is. Raises: BadInput."""
    if data.startswith(_ELF):
        return Kind.OBJECT
    if data.startswith(_ZSTD):
        return Kind.PACKAGE_FILE
    if data.startswith(_WASM):
        return Kind.WASM
    if data[_USTAR_AT : _USTAR_AT + len(_USTAR)] == _USTAR:
        return Kind.LAYOUT if _is_layout(data) else Kind.TAR
    start = data[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(b"{"):
        return Kind.JSON
    raise BadInput(_refusal(data, start), where=where, todo="It must be a package, a BPF object or a Wasm module.")


def check_kind(found: Kind, word: str, *, where: str) -> None:
    """Check that what was found is what the user said it is (`-p json|tar|wasm`). Raises: BadInput."""
    if not word:
        return
    if word.lower() not in _FORCED:
        raise BadInput(f"{word[:40]!r} is not json, tar or wasm", where="-p")
    if _FORCED[word.lower()] is not found:
        raise BadInput(f"this is a {found.value}, not {word}", where=where, todo="Leave -p away: ecli looks itself.")


def _is_layout(data: bytes) -> bool:
    at = 0
    for _ in range(_LOOKED_AT):
        header = data[at : at + _BLOCK]
        name = header[:100].removeprefix(b"./")
        if len(header) < _BLOCK or not any(header):
            return False
        if name.startswith(_LAYOUT_FILES):
            return True
        digits = header[124:136].strip(b" \0")
        size = int(digits, 8) if digits and all(0x30 <= char < 0x38 for char in digits) else 0
        at += _BLOCK + -(-size // _BLOCK) * _BLOCK
    return False


def _refusal(data: bytes, start: bytes) -> str:
    if not data:
        return "this is empty"
    if start[:9].lower() in (b"<!doctype", b"<html>") or start[:5].lower() in (b"<html", b"<?xml"):
        return "this is a web page, not a program"
    if data.startswith(b"\x1f\x8b"):
        return "this is compressed with gzip, which no kind of package is"
    return "this is nothing that ecli can run"
