"""The page of what changed between two versions of a package, as a value, and its traits in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from ..hub.changes import Change
from ..hub.packages import LoggedPackage
from ..hub.traits import Aspect
from .permission_text import permission
from .usage import clipped

if TYPE_CHECKING:
    from .words import Words

MAX_ROWS, MAX_BRIEF_ROWS = 40, 8  # of one aspect
MAX_CHARS, MAX_BRIEF_CHARS = 300, 120  # of one text


class Section(NamedTuple):
    """The changes of one aspect; `more` is how many are not among them."""

    aspect: Aspect
    changes: Sequence[Change]
    more: int


@dataclass(frozen=True, slots=True)
class ChangesPage:
    """`/packages/<namespace>/<name>/changes/<old>...<new>`. `address` is the package's path; `brief` shows less."""

    template: ClassVar[str] = "changes.html"
    old: LoggedPackage
    new: LoggedPackage
    changes: Sequence[Change]
    address: str
    brief: bool = False

    @property
    def sections(self) -> list[Section]:
        """The changes by aspect, shortened to what a page shows."""
        most = MAX_BRIEF_ROWS if self.brief else MAX_ROWS
        made = []
        for aspect in Aspect:
            found = [self._clipped(change) for change in self.changes if change.aspect is aspect]
            if found:
                made.append(Section(aspect, found[:most], max(len(found) - most, 0)))
        return made

    def _clipped(self, change: Change) -> Change:
        most = MAX_BRIEF_CHARS if self.brief else MAX_CHARS
        before, after = _differing(change) if change.aspect is Aspect.PERMISSION else (change.before, change.after)
        before, after = (None if text is None else clipped(text, most) for text in (before, after))
        return Change(change.aspect, clipped(change.name, most), before, after)


def _differing(change: Change) -> tuple[str | None, str | None]:
    """The evidence of a permission without what both versions have."""
    if change.before is None or change.after is None:
        return change.before, change.after
    before, after = change.before.split(", "), change.after.split(", ")
    gone, came = [item for item in before if item not in after], [item for item in after if item not in before]
    return ", ".join(gone), ", ".join(came)


def trait_name(change: Change, words: Words) -> str:
    """A trait's name in words, where it has one in them."""
    match change.aspect:
        case Aspect.PERMISSION:
            return permission(change.name, words)
        case Aspect.PUBLISHER:
            return words.changes.released_by
        case Aspect.ABOUT:
            return words.changes.about[change.name]
        case Aspect.KERNEL if change.name in ("linux", "btf"):
            return words.kernel if change.name == "linux" else words.changes.needs_btf
        case Aspect.FILE:
            kind, _, architecture = change.name.partition("+zstd/")
            kind = f"{kind}+zstd" if architecture else change.name
            return ", ".join(filter(None, (words.media.get(kind, kind), architecture)))
        case _:
            return change.name


def trait_text(text: str, change: Change, words: Words) -> str:
    """What a version has of a trait, in words where it has some."""
    if change.aspect is Aspect.KERNEL and change.name == "linux":
        return words.kernel_from.format(version=text)
    if change.aspect is Aspect.FILE:
        return f"{int(text):,} B"
    return text
