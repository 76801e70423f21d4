"""From sources to one object for the architectures asked for: which types, which compilations, what of them goes out.

A program that is the same for all architectures is always x86-64's object, so that its digest does not depend on the
machine that builds it. Packages that hold several objects are not there yet: where they differ, one must be chosen.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...schemas.errors import BadInput, Unsupported
from ...schemas.package import MAX_OBJECT_BYTES
from .architecture import Architecture
from .compiler.compile import ZIG_CACHE, Compiled, compile_source
from .compiler.toolchain import Toolchain, find_toolchain
from .project import Project
from .vmlinux.chosen import Types, TypesChoice, choose_types, own_types

if TYPE_CHECKING:  # imported while the compiler works
    from ...schemas.bpf_object import BpfObject

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """What to build for. No architectures: all, where the program is neutral, and else this machine's."""

    types: TypesChoice = TypesChoice.SHIPPED
    architectures: tuple[Architecture, ...] = ()

    @classmethod
    def parse(cls, types: str, architectures: str) -> Target:
        """Read the words of a command line; none for architectures leaves it open. Raises: BadInput."""
        return cls(TypesChoice(types), Architecture.parse(architectures) if architectures else ())


HERE = Target()


@dataclass(frozen=True, slots=True)
class Made:
    """An object without debug sections, its facts, and what made it; `architecture` is None for one that is any's."""

    object: bytes
    facts: BpfObject
    compiled: Compiled
    types: Types
    toolchain: Toolchain
    architecture: Architecture | None = None


class Job(NamedTuple):
    """What is compiled: the source's text (with what the builder adds), its project, and where to keep what lasts."""

    text: str
    project: Project
    cache: Path
    progress: Progress | None


def compile_for(job: Job, target: Target) -> Made:
    """Compile for a target. Raises: BadInput (with file, line and column), Unsupported, StorageFailed."""
    toolchain = find_toolchain()
    if len(target.architectures) > 1:
        return _for_all(job, target, toolchain)
    if target.architectures:
        (only,) = target.architectures
        return replace(_compile(job, target.types, only, toolchain), architecture=only)
    here = Architecture.here()
    first = Architecture.X86_64 if here and not _needs_here(job.project, target) else here
    made = _compile(job, target.types, first, toolchain)
    reason = _names_architecture(job.project, made)
    if reason and first is not here:
        made = _compile(job, target.types, here, toolchain)
    return replace(made, architecture=here if reason else None)


def _needs_here(project: Project, target: Target) -> bool:
    return target.types is TypesChoice.KERNEL or own_types((project.folder, *project.includes)) is not None


def _for_all(job: Job, target: Target, toolchain: Toolchain) -> Made:
    with ThreadPoolExecutor(len(target.architectures), thread_name_prefix="compile") as pool:
        waiting = [pool.submit(_compile, job, target.types, item, toolchain) for item in target.architectures]
        first, *others = [item.result() for item in waiting]
    from .neutrality import difference

    for architecture, other in zip(target.architectures[1:], others, strict=True):
        reason = _names_architecture(job.project, first) or difference(first.object, other.object)
        if reason:
            raise _mixed(job.project, reason, target.architectures[0], architecture)
    return first


def _mixed(project: Project, reason: str, one: Architecture, other: Architecture) -> Unsupported:
    name = f"{project.config.name}-{other.value}"
    return Unsupported(
        f"the program is not the same for {one.value} and {other.value}: {reason}",
        where=project.source.name,
        needs="packages of several architectures, which are not there yet",
        todo=f"Build one package for each, under a name of its own: ecli build --arch {other.value} DIR {name}:VERSION",
    )


def _compile(job: Job, choice: TypesChoice, architecture: Architecture | None, toolchain: Toolchain) -> Made:
    places = (job.project.folder, *job.project.includes)
    types = choose_types(places, choice, architecture, job.cache, progress=job.progress)
    if architecture is not None:
        toolchain = replace(toolchain, architecture=architecture.libbpf)
    if job.progress:
        job.progress(f"Compiling {job.project.source.name}{_first_time(job, toolchain)}")
    try:
        compiled = compile_source(
            job.text, file_name=job.project.source.name, folder=job.project.folder, types=types.folder,
            cache=job.cache, toolchain=toolchain, includes=job.project.includes, defines=job.project.defines,
        )  # fmt: skip
    except BadInput as error:
        from .vmlinux.absent import explained

        raise explained(error, types, architecture=architecture, cache=job.cache) from error.__cause__
    from ...schemas.bpf_object import BpfObject
    from .compiler.strip import strip_object
    from .source.usage import GENERATED

    stripped = strip_object(compiled.data, generated=GENERATED[0])
    if len(stripped) > MAX_OBJECT_BYTES:
        raise BadInput(f"the compiled program has more than {MAX_OBJECT_BYTES} bytes", where=str(job.project.folder))
    return Made(stripped, BpfObject.parse(stripped), compiled, types, toolchain)


def _first_time(job: Job, toolchain: Toolchain) -> str:
    is_first = toolchain.is_zig and not (job.cache / ZIG_CACHE).is_dir()
    return "; the first time takes longer, as the compiler prepares itself" if is_first else ""


def _names_architecture(project: Project, made: Made) -> str:
    from .neutrality import names_architecture

    return names_architecture(made.facts, (project.source.text, *(header.text for header in project.headers)))
