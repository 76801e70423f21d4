"""The user's and the machine's settings: `ecli.toml`. The machine's word stands where it is the stricter one.

On the run path of `ecli`: without a file, nothing is imported or parsed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from ..schemas.errors import BadInput
from ..schemas.fields import Fields
from ..schemas.reference import Reference
from .consent import Policy, parse_words
from .home import Home

DAY = 24 * 3600
MAX_SETTINGS_BYTES = 256 * 1024
KERNEL_TYPES = ("library/kernel-types",)


@dataclass(frozen=True, slots=True)
class Settings:
    """max_age: how old (seconds) the origin's word may be before it is called stale. expire_age: before it is refused.

    unsigned: whether unsigned things may run at all. policies: what programs may do, of each file that says something.
    kernel_types: names of the archives in which types of a kernel without BTF are looked for, in this order.
    digest: of the files, so that receipts end when settings change.
    """

    max_age: int = DAY
    expire_age: int = 90 * DAY
    unsigned: bool = True
    policies: tuple[Policy, ...] = ()
    digest: str = ""
    kernel_types: tuple[str, ...] = KERNEL_TYPES


def load_settings(home: Home) -> Settings:
    """Read the settings. Raises: BadInput."""
    made, hashed = Settings(), hashlib.sha256()
    for path in home.settings:
        try:
            data = path.read_bytes()[: MAX_SETTINGS_BYTES + 1]
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BadInput(f"cannot read the settings: {error.strerror}", where=str(path)) from error
        hashed.update(data)
        made = _stricter(made, _read(data, str(path)))
    return replace(made, digest=hashed.hexdigest())


def _read(data: bytes, where: str) -> Settings:
    import tomllib

    try:
        document = tomllib.loads(data.decode())
    except ValueError as error:
        raise BadInput(f"this is not TOML: {error}", where=where) from error
    fields = Fields(document, where)
    fields.only("policy", "kernel_types")
    policy = Fields(document.get("policy", {}), f"{where}.policy")
    policy.only("max_age_hours", "expire_age_days", "unsigned", "allow", "deny")
    return Settings(
        policy.integer("max_age_hours", low=0, high=24 * 365, default=24) * 3600,
        policy.integer("expire_age_days", low=1, high=3650, default=90) * DAY,
        policy.boolean("unsigned", default=True),
        (Policy(_words(policy, "allow"), _words(policy, "deny")),) if policy.has("allow") or policy.has("deny") else (),
        kernel_types=_archives(Fields(document.get("kernel_types", {}), f"{where}.kernel_types")),
    )


def _archives(fields: Fields) -> tuple[str, ...]:
    """The names of archives; a list without any means that no hub is asked."""
    fields.only("archives")
    names = fields.texts("archives", count=16, limit=512, default=list(KERNEL_TYPES))
    for name in names:
        Reference.parse(name)
    return tuple(names)


def _words(policy: Fields, name: str) -> tuple[str, ...]:
    words = policy.texts(name, count=64, limit=64, default=[])
    return parse_words(",".join(words), where=policy.at(name)) if words else ()


def _stricter(one: Settings, other: Settings) -> Settings:
    # the defaults are no strictness of their own: a file may loosen them, a second file may only tighten the first
    if one == Settings():
        return other
    return Settings(
        min(one.max_age, other.max_age),
        min(one.expire_age, other.expire_age),
        one.unsigned and other.unsigned,
        # the first file is the machine's: the user's may deny more, but not allow in its place
        tuple(
            Policy(() if place and one.policies else item.allow, item.deny)
            for place, item in enumerate((*one.policies, *other.policies))
        ),
        kernel_types=one.kernel_types if one.kernel_types != KERNEL_TYPES else other.kernel_types,
    )
