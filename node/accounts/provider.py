"""An outside OpenID provider at which people sign in to the hub's pages, as the operator names it."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...schemas.errors import BadInput
from ...schemas.fields import Fields
from ...signing.authority.provider import Provider


@dataclass(frozen=True, slots=True)
class LoginProvider:
    """`name` is shown to people. `secret_file` holds the client's secret, where the provider gave one."""

    name: str
    provider: Provider
    secret_file: str = field(default="", repr=False)

    @classmethod
    def read(cls, fields: Fields) -> LoginProvider:
        """Read one of the settings. Raises: BadInput."""
        fields.only("name", "issuer", "client_id", "claim", "secret_file")
        name = fields.text("name", limit=64)
        if not name.isprintable() or not name.strip():
            raise BadInput("must be a name that people read", where=fields.at("name"))
        named = {key: fields.raw(key) for key in ("issuer", "client_id", "claim") if fields.has(key)}
        if "client_id" not in named:
            raise BadInput("is missing: the provider tells it when you register the hub", where=fields.at("client_id"))
        return cls(name, Provider.read(Fields(named, fields.where)), fields.text("secret_file", limit=4096, default=""))
