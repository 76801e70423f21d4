"""From sources to one object for the architectures asked for: which types, which compilations, what of them goes out.

A program that is the same for all architectures is always x86-64's object; of one that is not, every architecture has
an object of its own: either way, the digest does not depend on the machine that builds it. It does where only one
object can be taken: this machine's, with a user space, or where the objects are not used in the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...schemas.errors import BadInput, Unsupported
from ...schemas.package import MAX_OBJECT_BYTES
from .architecture import Architecture
from .compiler.compile import ZIG_CACHE, Compiled, compile_source
from .compiler.diagnostics import CompileFailed
from .compiler.toolchain import Toolchain, find_toolchain
from .project import Project
from .vmlinux.chosen import Types, TypesChoice, choose_types, own_types

if TYPE_CHECKING:  # imported while the compiler works
    from ...schemas.bpf_object import BpfObject

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Target:
    """What to build for. No architectures: all on which the program compiles, with the project's own types this one."""

    types: TypesChoice = TypesChoice.SHIPPED
    architectures: tuple[Architecture, ...] = ()

    @classmethod
    def parse(cls, types: str, architectures: str) -> Target:
        """Read the words of a command line; none for architectures leaves it open. Raises: BadInput."""
        return cls(TypesChoice(types), Architecture.parse(architectures) if architectures else ())


HERE = Target()


@dataclass(frozen=True, slots=True)
class Made:
    """An object without debug sections, its facts, and what made it; `architecture` is None for one that is any's.

    `notices` are what its author should know of the choice of architectures.
    """

    object: bytes
    facts: BpfObject
    compiled: Compiled
    types: Types
    toolchain: Toolchain
    architecture: Architecture | None = None
    notices: tuple[str, ...] = ()


class Job(NamedTuple):
    """What is compiled: the source's text (with what the builder adds), its project, and where to keep what lasts."""

    text: str
    project: Project
    cache: Path
    progress: Progress | None


def compile_for(job: Job, target: Target) -> tuple[Made, ...]:
    """Compile for a target: one object, or where they differ, one for each architecture, in our order.

    Raises: BadInput (with file, line and column), Unsupported, StorageFailed.
    """
    toolchain = find_toolchain()
    if len(target.architectures) > 1:
        return _for_all(job, target.types, target.architectures, toolchain)
    if target.architectures:
        (only,) = target.architectures
        return (replace(_compile(job, target.types, only, toolchain), architecture=only),)
    here = Architecture.here()
    if here is None or _needs_here(job.project, target):  # no types for this machine come with ecli
        made = _compile(job, target.types, here, toolchain)
        return (replace(made, architecture=here if _names_architecture(job.project, made) else None),)
    return _for_any(job, target.types, here, toolchain)


def _needs_here(project: Project, target: Target) -> bool:
    return target.types is TypesChoice.KERNEL or own_types((project.folder, *project.includes)) is not None


def _for_any(job: Job, types: TypesChoice, here: Architecture, toolchain: Toolchain) -> tuple[Made, ...]:
    """One object where nothing names an architecture; else one for each on which it compiles.

    With a user space, which holds its object, it is for this machine's alone.
    """
    made = _compile(job, types, Architecture.X86_64, toolchain)
    if not _names_architecture(job.project, made):
        return (made,)
    if job.project.has_user_space:
        made = made if here is Architecture.X86_64 else _compile(job, types, here, toolchain)
        return (replace(made, architecture=here),)
    others, told = list[Made](), list[str]()
    for other in tuple(Architecture)[1:]:
        try:
            others.append(replace(_compile(job, types, other, toolchain), architecture=other))
        except BadInput as error:
            if other is here:
                raise
            told.append(f"it is not for {other.value}, where it does not compile: {_first(error)}")
    return (replace(made, architecture=Architecture.X86_64, notices=tuple(told)), *others)


def _first(error: BadInput) -> str:
    """The first complaint of a compiler in one line, where it made any."""
    if isinstance(error, CompileFailed):
        return error.errors[0].in_one_line
    return error.what.splitlines()[0]


def _for_all(
    job: Job, types: TypesChoice, architectures: tuple[Architecture, ...], toolchain: Toolchain
) -> tuple[Made, ...]:
    with ThreadPoolExecutor(len(architectures), thread_name_prefix="compile") as pool:
        waiting = [pool.submit(_compile, job, types, item, toolchain) for item in architectures]
        results = [item.result() for item in waiting]
    made = tuple(replace(item, architecture=name) for item, name in zip(results, architectures, strict=True))
    reason = _names_architecture(job.project, made[0]) or _difference(made)
    if not reason:
        return (replace(made[0], architecture=None),)
    if job.project.has_user_space:
        raise one_only(job.project, f"its user space holds one object, and {reason}", architectures)
    return made


def _difference(made: tuple[Made, ...]) -> str:
    from .neutrality import difference

    return next((found for other in made[1:] if (found := difference(made[0].object, other.object))), "")


def one_only(project: Project, reason: str, architectures: Sequence[Architecture]) -> Unsupported:
    """Make the error for a program that cannot be one package for several architectures."""
    name = f"{project.config.name}-{architectures[-1].value}"
    return Unsupported(
        f"cannot be one package for {' and '.join(item.value for item in architectures)}: {reason}",
        where=project.source.name,
        needs="a package for each architecture",
        todo=f"Build each under a name of its own: ecli build --arch {architectures[-1].value} DIR {name}:VERSION",
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
        from .absent_header import explained_header
        from .vmlinux.absent import explained

        told = explained(error, types, architecture=architecture, cache=job.cache)
        raise explained_header(told, job.project.folder) from error.__cause__
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
