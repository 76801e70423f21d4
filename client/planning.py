"""Writing down what was decided about a run of an installed package, where the quick way can do the same (plan.py)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..schemas.c_type import CType
from ..schemas.program import ITERATOR, Usage
from ..schemas.reference import Reference
from . import quick_code
from .home import Home
from .kernel_types.cached import kernel_digest
from .loader.program import Setting
from .loader.target import Target
from .plan import Plan, keep_plan
from .quick import plain
from .run_options import RunOptions
from .settings import Settings
from .store import Installed

_STACKS = ("kernel-stack", "user-stack")


@dataclass(frozen=True, slots=True)
class Decided:
    """What is said first, and what the loader is given (Plan)."""

    said: tuple[str, ...]
    values: tuple[Setting, ...]
    targets: Mapping[str, Target]
    types: str
    drop: bool


def keep(
    installed: Installed,
    home: Home,
    settings: Settings,
    options: RunOptions,
    words: Sequence[str],
    decided: Decided,
) -> None:
    """Keep the plan of a run that the quick way can do: events as a table or as JSON lines, nothing more."""
    receipt, config = installed.receipt, installed.redeem().config
    object_digest = dict(receipt.parts).get("object")
    settings = settings.about(Reference.parse(receipt.reference).canonical)
    if not words or object_digest is None or not _is_plain(config.usage, options):
        return
    if decided.types and not kernel_digest():  # nothing would tell this kernel from the next one that has no types
        return
    program = str(installed.folder / "program.o")
    plan = Plan(
        decided.said, config.name, program, object_digest.hex, decided.values, plain(config.usage),
        tuple((name, tuple(target)) for name, target in decided.targets.items()),
        options.form, options.max_events, options.timeout, decided.types, decided.drop,
    )  # fmt: skip
    inputs = [
        installed.path, program, installed.folder / "config.json", *home.settings, *home.default_origins,
        *settings.inputs, *(folder / f"{receipt.origin}.json" for folder in home.pins),
        *([decided.types] if decided.types else []),
    ]  # fmt: skip
    keep_plan(
        str(home.root), words, plan, inputs=[str(path) for path in inputs], until=receipt.as_of + settings.max_age
    )
    if not quick_code.is_served():
        quick_code.keep(str(home.root))


def _is_plain(usage: Usage, options: RunOptions) -> bool:
    wished = options.fields or options.where or options.sort or options.metrics or options.timings or options.refresh
    return (
        not wished
        and options.form in ("table", "json")
        and not usage.views
        and not any(stream.transport == ITERATOR or _has_stacks(stream.type) for stream in usage.events)
        and not os.environ.get("BTF_FILE_PATH")
    )


def _has_stacks(kind: CType) -> bool:
    return any(member.show in _STACKS or _has_stacks(member.type) for member in kind.members)
