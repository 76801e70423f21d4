"""Logins that `docker login` has stored: ~/.docker/config.json and the credential helpers that it names.

Read only. A secret is held for one pull, and neither shown nor logged.
"""

from __future__ import annotations

import base64
import binascii
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ...schemas.codec import decode_json
from ...schemas.errors import BadInput, PeerFailed
from ...schemas.fields import Fields

MAX_CONFIG_BYTES = 1024 * 1024
MAX_SECRET_CHARS = 65536
HELPER_SECONDS = 30.0
DOCKER_HUB = "docker.io"
_DOCKER_HUB_KEYS = ("https://index.docker.io/v1/", "index.docker.io", DOCKER_HUB, "registry-1.docker.io")
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TOKEN_USER = "<token>"  # noqa: S105 — what docker writes as the user name beside an identity token


@dataclass(frozen=True, slots=True)
class Login:
    """Name and password, or an identity token (OAuth2 refresh token), or a registry token that is sent as it is."""

    user: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)


def docker_login(registry: str, environment: Mapping[str, str]) -> Login | None:
    """The login for `host[:port]`, or None. Raises: BadInput, PeerFailed (a helper that fails)."""
    folder = environment.get("DOCKER_CONFIG") or (f"{environment['HOME']}/.docker" if environment.get("HOME") else "")
    if not folder:
        return None
    path = Path(folder) / "config.json"
    try:
        with path.open("rb") as file:
            data = file.read(MAX_CONFIG_BYTES + 1)
    except OSError:
        return None
    fields = Fields(decode_json(data, limit=MAX_CONFIG_BYTES, where=str(path)), str(path))
    keys = _DOCKER_HUB_KEYS if registry == DOCKER_HUB else (registry,)
    helpers = fields.text_map("credHelpers", count=1000, limit=1024)
    helper = next((helpers[key] for key in keys if key in helpers), "")
    helper = helper or fields.text("credsStore", limit=64, default="")
    if helper:
        found = _ask(helper, keys[0], environment)
        if found is not None:
            return found
    return _stored(fields, keys)


def _stored(fields: Fields, keys: tuple[str, ...]) -> Login | None:
    if not fields.has("auths"):
        return None
    auths = fields.map("auths")
    for key in keys:
        for spelling in (key, f"https://{key}", f"https://{key}/", f"https://{key}/v1/", f"https://{key}/v2/"):
            if auths.has(spelling):
                return _login(auths.map(spelling))
    return None


def _login(fields: Fields) -> Login | None:
    user, password, identity, token = (
        fields.text(name, limit=MAX_SECRET_CHARS, default="")
        for name in ("username", "password", "identitytoken", "registrytoken")
    )
    packed = fields.text("auth", limit=MAX_SECRET_CHARS, default="")
    if packed:
        try:
            user, _, password = base64.b64decode(packed, validate=True).decode().partition(":")
        except (binascii.Error, ValueError) as error:
            raise BadInput("is not a name and a password in base64", where=fields.at("auth")) from error
    password = password.rstrip("\0")
    return Login(user, password, identity, token) if password or identity or token else None


def _ask(helper: str, key: str, environment: Mapping[str, str]) -> Login | None:
    """Ask `docker-credential-HELPER get` (docker-credential-helpers' protocol); None where it knows no login."""
    if not _HELPER.fullmatch(helper):
        raise BadInput(f"{helper[:40]!r} is not the name of a credential helper", where="~/.docker/config.json")
    program = f"docker-credential-{helper}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=key.encode(),
            capture_output=True,
            check=False,
            timeout=HELPER_SECONDS,
            env=dict(environment),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = "gave no answer in time" if isinstance(error, subprocess.TimeoutExpired) else "cannot be started"
        raise PeerFailed(why, where=program, todo="~/.docker/config.json names it for this registry.") from error
    if done.returncode != 0:
        return None  # "credentials not found in native keychain"
    fields = Fields(decode_json(done.stdout, limit=MAX_SECRET_CHARS * 2, where=program), program)
    user, secret = (fields.text(name, limit=MAX_SECRET_CHARS, default="") for name in ("Username", "Secret"))
    if not secret:
        return None
    return Login(identity_token=secret) if user == _TOKEN_USER else Login(user, secret)
