"""Reading typed fields out of decoded maps: the one place that turns untrusted structure into typed values."""

from __future__ import annotations

from typing import Any

from .digest import Digest
from .errors import BadInput


class Fields:
    """A decoded map under inspection. Every reader checks type and bound, and names the field when it is wrong.

    Raises (all methods): BadInput.
    """

    def __init__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise BadInput(f"must be a map, not {_kind(value)}", where=where)
        self._map: dict[Any, Any] = value
        self.where = where

    def at(self, name: str) -> str:
        """Name the field `name` for messages."""
        return f"{self.where}.{name}"

    def has(self, name: str) -> bool:
        """Tell whether the field is there and not null."""
        return self._map.get(name) is not None

    def only(self, *names: str) -> None:
        """Refuse every field that is not named here."""
        if extra := self._map.keys() - names:
            raise BadInput(f"has the unknown field {min(map(str, extra))!r}", where=self.where)

    def text(self, name: str, *, limit: int, default: str | None = None) -> str:
        """Read text of at most `limit` characters."""
        value = self._take(name, str, "text", default)
        if len(value) > limit:
            raise BadInput(f"is longer than {limit} characters", where=self.at(name))
        return str(value)

    def integer(self, name: str, *, low: int = 0, high: int = 2**63 - 1, default: int | None = None) -> int:
        """Read an integer from `low` to `high`."""
        value = self._take(name, int, "an integer", default)
        if isinstance(value, bool) or not low <= value <= high:
            raise BadInput(f"must be an integer from {low} to {high}", where=self.at(name))
        return int(value)

    def boolean(self, name: str, *, default: bool | None = None) -> bool:
        """Read true or false."""
        return bool(self._take(name, bool, "true or false", default))

    def binary(self, name: str, *, size: int | None = None, limit: int = 65535) -> bytes:
        """Read bytes: exactly `size`, or at most `limit`."""
        value = self._take(name, bytes, "bytes", None)
        if size is not None and len(value) != size:
            raise BadInput(f"must have {size} bytes, not {len(value)}", where=self.at(name))
        if len(value) > limit:
            raise BadInput(f"has more than {limit} bytes", where=self.at(name))
        return bytes(value)

    def digest(self, name: str) -> Digest:
        """Read a digest: 32 raw bytes in MessagePack, `sha256:…` in JSON."""
        value = self._map.get(name)
        if isinstance(value, bytes):
            return Digest.from_raw(value, where=self.at(name))
        return Digest.parse(self._take(name, str, "a digest", None), where=self.at(name))

    def items(self, name: str, *, limit: int, default: list[Any] | None = None) -> list[Any]:
        """Read a list of at most `limit` items."""
        value = self._take(name, list, "a list", default)
        if len(value) > limit:
            raise BadInput(f"has more than {limit} items", where=self.at(name))
        return list(value)

    def texts(self, name: str, *, count: int, limit: int, default: list[str] | None = None) -> list[str]:
        """Read a list of at most `count` texts of at most `limit` characters."""
        values = self.items(name, limit=count, default=default)
        if not all(isinstance(value, str) and len(value) <= limit for value in values):
            raise BadInput(f"must hold texts of at most {limit} characters", where=self.at(name))
        return [str(value) for value in values]

    def maps(self, name: str, *, limit: int, default: list[Any] | None = None) -> list[Fields]:
        """Read a list of at most `limit` maps."""
        values = self.items(name, limit=limit, default=default)
        return [Fields(value, f"{self.at(name)}[{index}]") for index, value in enumerate(values)]

    def map(self, name: str) -> Fields:
        """Read a nested map."""
        return Fields(self._map.get(name), self.at(name))

    def text_map(self, name: str, *, count: int, limit: int) -> dict[str, str]:
        """Read an optional map of texts to texts."""
        value = self._map.get(name)
        if value is None:
            return {}
        if not isinstance(value, dict) or len(value) > count:
            raise BadInput(f"must be a map of at most {count} texts", where=self.at(name))
        for key, item in value.items():
            if not isinstance(key, str) or not isinstance(item, str) or len(key) > limit or len(item) > limit:
                raise BadInput(f"must map texts to texts of at most {limit} characters", where=self.at(name))
        return dict(value)

    def raw(self, name: str) -> Any:
        """The field's decoded value, unchecked."""
        return self._map.get(name)

    def _take(self, name: str, kind: type, words: str, default: Any) -> Any:
        value = self._map.get(name)
        if value is None:
            if default is None:
                raise BadInput("is missing", where=self.at(name))
            return default
        if not isinstance(value, kind):
            raise BadInput(f"must be {words}, not {_kind(value)}", where=self.at(name))
        return value


def _kind(value: Any) -> str:
    return "nothing" if value is None else type(value).__name__
