"""What the running kernel says of a built object: every program is loaded once, and each refusal explained.

Loading is client/loader's, explaining client/verifier's; here they meet, and become lines, JSON or an error.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ...schemas.errors import BadInput, Unsupported
from ..loader.kernel import Kernel
from ..loader.refusal import meaning
from ..loader.trial import Rejected, Trial, Verdict, try_programs
from ..verifier.explanation import Explanation, explain_log, explain_said
from ..verifier.loader_causes import NOT_PERMITTED
from ..verifier.shown import facts_of, lines_of
from ..verifier.source import ObjectSource, source_of
from .build import BuiltPackage

_PERMISSION = (1, 13)  # EPERM, EACCES


@dataclass(frozen=True, slots=True)
class Check:
    """The verdicts of one kernel on the programs of `package`, and the explanations of those that it refused, by name.

    `whole` explains what stands against the object as a whole: then its other programs were not tried.
    """

    package: str
    kernel: str
    verdicts: tuple[Verdict, ...]
    refused: dict[str, Explanation]
    whole: Explanation | None = None

    @property
    def accepted(self) -> bool:
        """Whether the kernel takes everything that it was asked for."""
        return not self.refused and self.whole is None

    def require(self) -> None:
        """Refuse what the kernel refuses. Raises: BadInput; Unsupported where it is the kernel that lacks something."""
        if self.accepted:
            return
        told = "\n".join(self._refusals())
        if all(item.is_of_the_kernel for item in self._explanations()):
            raise Unsupported(told, needs=f"a kernel other than {self.kernel}", where=self.package)
        raise BadInput(told, where=self.package)

    def lines(self) -> Iterator[str]:
        """Lines for people about what was accepted."""
        yield f"  checked   on kernel {self.kernel}; nothing was attached"
        for verdict in self.verdicts:
            if verdict.rejected is None:
                yield f"  {_accepted(verdict)}"

    def facts(self) -> dict[str, Any]:
        """The same and the refusals, for JSON."""
        made: dict[str, Any] = {"kernel": self.kernel, "accepted": self.accepted}
        made["programs"] = [self._program_facts(verdict) for verdict in self.verdicts]
        if self.whole is not None:
            made["object"] = _refusal_facts(self.whole)
        return made

    def _explanations(self) -> list[Explanation]:
        return [*self.refused.values(), *([self.whole] if self.whole else [])]

    def _refusals(self) -> Iterator[str]:
        if self.whole is not None:
            yield f"kernel {self.kernel} does not take the object"
            yield from lines_of(self.whole)
        elif self.refused:
            yield f"kernel {self.kernel} refuses {len(self.refused)} of {len(self.verdicts)} programs"
        for verdict in self.verdicts:
            if verdict.name in self.refused:
                yield f"program '{verdict.name}' (section {verdict.section}): refused"
                yield from lines_of(self.refused[verdict.name])
        for verdict in self.verdicts:
            if verdict.rejected is None:
                yield _accepted(verdict)

    def _program_facts(self, verdict: Verdict) -> dict[str, Any]:
        made: dict[str, Any] = {"name": verdict.name, "section": verdict.section}
        if verdict.rejected is not None:
            return made | {"result": "refused"} | _refusal_facts(self.refused[verdict.name])
        if not verdict.tried:
            return made | {"result": "not tried"}
        told = {"instructions": verdict.instructions} if verdict.instructions else {}
        return made | {"result": "accepted"} | told


class Checking:
    """Checks a built package before it is written, and keeps what came of it. Raises (constructor): Denied."""

    def __init__(self, *, progress: Callable[[str], object]) -> None:
        self._kernel = Kernel()
        self._kernel.require_capabilities()  # before anything is compiled
        self._progress = progress
        self.check: Check | None = None

    def accept(self, built: BuiltPackage) -> None:
        """Load the programs of a package. Raises: BadInput or Unsupported, which explain what was refused."""
        name = built.config.name
        self._progress(f"Loading {name} on kernel {self._kernel.version}")
        self.check = check_object(built.object, name, package=built.config.package, kernel=self._kernel)
        self.check.require()

    def lines(self) -> Iterator[str]:
        """Lines for people about what was accepted; none before anything was."""
        yield from self.check.lines() if self.check else ()

    def facts(self) -> dict[str, Any]:
        """All verdicts for JSON, as `check`; nothing before there are any."""
        return {"check": self.check.facts()} if self.check else {}


def check_object(elf: bytes, name: str, *, package: str, kernel: Kernel | None = None) -> Check:
    """Load every program of an object on the running kernel, and let go of it.

    Variables have the values of the source; a program that its section marks with ? is not tried.
    Raises: Denied without the capabilities that loading needs; BadInput where libbpf cannot read the object.
    """
    kernel = kernel or Kernel()
    trial = try_programs(elf, name, kernel=kernel)
    source = None if _all_accepted(trial) else source_of(elf)
    refused = {
        verdict.name: _explained(verdict.rejected, source, name=verdict.name, section=verdict.section)
        for verdict in trial.verdicts
        if verdict.rejected
    }
    whole = _explained(trial.whole, source) if trial.whole else None
    return Check(package, kernel.version, trial.verdicts, refused, whole)


def _all_accepted(trial: Trial) -> bool:
    return trial.whole is None and not any(verdict.rejected for verdict in trial.verdicts)


def _explained(why: Rejected, source: ObjectSource | None, *, name: str = "", section: str = "") -> Explanation:
    if why.log:
        return explain_log(why.log, program=name, section=section, source=source)
    found = explain_said(why.said, program=name, source=source)
    if found is not None:
        return found
    place = source.at(name, 0) if source and name else None
    cause = NOT_PERMITTED if why.error.errno in _PERMISSION else None
    told = "; ".join((meaning(why.error), *why.said[-1:])) if cause is None else meaning(why.error)
    return Explanation(told, place=place, cause=cause)


def _accepted(verdict: Verdict) -> str:
    named = f"{verdict.name} ({verdict.section})"
    if not verdict.tried:
        return f"not tried {named}: it is not loaded by itself"
    told = f", {verdict.instructions} instructions verified" if verdict.instructions else ""
    return f"accepted  {named}{told}"


def _refusal_facts(item: Explanation) -> dict[str, Any]:
    return {"fault": "kernel" if item.is_of_the_kernel else "program"} | facts_of(item)
