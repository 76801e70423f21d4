"""The pages' own files: read once, named by their content, so that browsers may keep them for ever."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

_FOLDER = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file, as it is and compressed."""

    body: bytes
    small: bytes
    content_type: str

    def answer(self, accept_encoding: str) -> web.Response:
        """The response, compressed where the browser takes it."""
        headers = {
            "Cache-Control": "public, max-age=31536000, immutable",
            "Vary": "Accept-Encoding",
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "default-src 'none'",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        body = self.body
        if "gzip" in accept_encoding:
            body, headers["Content-Encoding"] = self.small, "gzip"
        return web.Response(body=body, content_type=self.content_type, charset="utf-8", headers=headers)


class Assets:
    """All files of static/, by their served names."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._files: dict[str, Asset] = {}
        for path in sorted(_FOLDER.iterdir()):
            if path.suffix in _TYPES:
                body = path.read_bytes()
                served = f"{path.stem}.{hashlib.sha256(body).hexdigest()[:12]}{path.suffix}"
                self._names[path.name] = f"/static/{served}"
                self._files[served] = Asset(body, gzip.compress(body, 9, mtime=0), _TYPES[path.suffix])

    def address(self, name: str) -> str:
        """Where a file of static/ is served."""
        return self._names[name]

    def get(self, served: str) -> Asset | None:
        """A file by its served name."""
        return self._files.get(served)
