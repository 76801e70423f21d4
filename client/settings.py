"""The user's and the machine's settings and policy: `ecli.toml`. Where the machine's is the stricter one, it stands.

On the run path of `ecli`: without a file, nothing is imported or parsed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..schemas.errors import BadInput
from ..schemas.fields import Fields
from ..schemas.reference import Reference
from .consent import Policy, parse_words
from .home import Home

if TYPE_CHECKING:  # only where a file has rules
    from .policy.rule import Rule

DAY = 24 * 3600
MAX_SETTINGS_BYTES = 256 * 1024
KERNEL_TYPES = ("library/kernel-types",)


@dataclass(frozen=True, slots=True)
class Settings:
    """max_age: how old (seconds) the origin's word may be before it is called stale. expire_age: before it is refused.

    unsigned: whether unsigned things may run at all. policies: what programs may do, of each file that says something.
    kernel_types: names of the archives in which types of a kernel without BTF are looked for, in this order.
    unnamed: whether packages that no rule names may run. rules: what is demanded of packages by their names.
    digest: of the files and of those that they name, so that receipts end when settings change.
    """

    max_age: int = DAY
    expire_age: int = 90 * DAY
    unsigned: bool = True
    policies: tuple[Policy, ...] = ()
    digest: str = ""
    kernel_types: tuple[str, ...] = KERNEL_TYPES
    unnamed: bool = True
    rules: tuple[Rule, ...] = ()
    inputs: tuple[str, ...] = ()  # the files that the rules name

    def about(self, name: str) -> Settings:
        """These settings, narrowed by the rules for `origin/namespace/name`, or `oci://registry/repository`."""
        if not self.rules:
            return self
        found = tuple(rule for rule in self.rules if rule.matches(name))
        return replace(
            self,
            max_age=min([self.max_age, *(rule.max_age for rule in found if rule.max_age is not None)]),
            expire_age=min([self.expire_age, *(rule.expire_age for rule in found if rule.expire_age is not None)]),
            policies=(*self.policies, *(rule.policy for rule in found if rule.policy)),
            rules=found,
        )


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
        read = read_settings(data, where=str(path), folder=path.parent)
        made = _stricter(made, read)
    inputs = _inputs(made, home) if made.rules else ()
    for name in inputs:
        hashed.update(_state(Path(name)))
    return replace(made, digest=hashed.hexdigest(), inputs=inputs)


def read_settings(data: bytes, *, where: str, folder: Path) -> Settings:
    """Read one file; the files that its rules name lie in `folder`. Raises: BadInput, with the line."""
    import tomllib

    if len(data) > MAX_SETTINGS_BYTES:
        raise BadInput(f"has more than {MAX_SETTINGS_BYTES} bytes", where=where)
    try:
        text = data.decode()
        document = tomllib.loads(text)
    except ValueError as error:
        raise BadInput(f"this is not TOML: {error}", where=where) from error
    try:
        made = _read(document, where)
        return _with_rules(made, document["rule"], text, where, folder) if "rule" in document else made
    except BadInput as error:
        from .policy.lines import with_line

        raise with_line(error, text=text, where=where) from error


def _with_rules(made: Settings, rules: object, text: str, where: str, folder: Path) -> Settings:
    from .policy.lines import line_of
    from .policy.rule import MAX_RULES, Rule

    tables = Fields({"rule": rules}, where).maps("rule", limit=MAX_RULES)
    read = tuple(
        Rule.read(fields, where=f"{where}:{line_of(text, f'rule[{index}]')}", folder=folder)
        for index, fields in enumerate(tables)
    )
    return replace(made, rules=read)


def _inputs(made: Settings, home: Home) -> tuple[str, ...]:
    """The files on which the rules stand: those of quorums, and the roots of the trust domains that they name."""
    quorums = [rule.quorum_file for rule in made.rules if rule.quorum_file]
    domains = sorted({name for rule in made.rules for name in rule.domains})
    return (*quorums, *(str(folder / f"{name}.json") for name in domains for folder in home.domains))


def _state(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return b"-"


def _read(document: dict[str, object], where: str) -> Settings:
    fields = Fields(document, where)
    fields.only("policy", "kernel_types", "rule")
    policy = Fields(document.get("policy", {}), f"{where}.policy")
    policy.only("max_age_hours", "expire_age_days", "unsigned", "unnamed", "allow", "deny")
    return Settings(
        policy.integer("max_age_hours", low=0, high=24 * 365, default=24) * 3600,
        policy.integer("expire_age_days", low=1, high=3650, default=90) * DAY,
        policy.boolean("unsigned", default=True),
        (Policy(_words(policy, "allow"), _words(policy, "deny")),) if policy.has("allow") or policy.has("deny") else (),
        kernel_types=_archives(Fields(document.get("kernel_types", {}), f"{where}.kernel_types")),
        unnamed=policy.boolean("unnamed", default=True),
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
    spoken = bool(one.policies) or any(rule.policy for rule in one.rules)
    return Settings(
        min(one.max_age, other.max_age),
        min(one.expire_age, other.expire_age),
        one.unsigned and other.unsigned,
        # the first file is the machine's: the user's may deny more, but not allow in its place
        (*one.policies, *(_denying(item) if spoken else item for item in other.policies)),
        kernel_types=one.kernel_types if one.kernel_types != KERNEL_TYPES else other.kernel_types,
        unnamed=one.unnamed and other.unnamed,
        rules=(
            *one.rules,
            *(replace(rule, policy=_denying(rule.policy)) if spoken and rule.policy else rule for rule in other.rules),
        ),
    )


def _denying(policy: Policy) -> Policy:
    return replace(policy, allow=())
