"""Say what this kernel lacks for a program, before it is loaded: kinds of programs and maps, helpers, hooks, types.

Where the kernel can be asked cheaply it is (0.05 ms each); what only its version says is not held against it for sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from ...schemas.bpf_helpers import HELPERS
from ...schemas.bpf_object import BpfObject, Program
from ...schemas.errors import BadInput
from ..loader.kernel import Kernel
from ..loader.libbpf import Library
from .feature_versions import (
    CGROUP_TYPES,
    HELPERS_BY_HOOK,
    HOOK_TYPES,
    HOOKS,
    MAPS,
    OPTIONS,
    PROGRAM_TYPES,
    SLEEPABLE,
    TRAMPOLINES,
    ProgramType,
    Version,
)
from .machine import Machine
from .unresolved import unresolved

_TRAMPOLINE_HOOKS = frozenset({"fentry", "fexit", "fsession", "fmod_ret", "lsm", "lsm_cgroup", "freplace"})
_TYPED_HOOKS = {"fentry": "", "fexit": "", "fsession": "", "fmod_ret": "", "tp_btf": "btf_trace_", "lsm": "bpf_lsm_"}
_TYPED_HOOKS |= {"lsm_cgroup": "bpf_lsm_", "iter": "bpf_iter_"}
_PROBED_AS_FENTRY = frozenset({"tp_btf", "iter"})  # of the type that libbpf tries as fentry, which says nothing of them
_LIBBPF_REPLACES = frozenset({113, 115})  # probe_read_kernel[_str]: by probe_read[_str] on old kernels
_PMUS = {"kprobe": "kprobe", "kretprobe": "kprobe", "ksyscall": "kprobe", "kretsyscall": "kprobe"}
_PMUS |= {"uprobe": "uprobe", "uretprobe": "uprobe", "usdt": "uprobe"}


class Evidence(Enum):
    """How it was found out."""

    TRIED = "the kernel was asked for it and refused"
    FILES = "the kernel does not list it"
    OPTIONS = "the kernel was built without it"
    TYPES = "the kernel's types do not have it"
    VERSION = "it is newer than this kernel's version"


@dataclass(frozen=True, slots=True)
class Missing:
    """What a kernel lacks for a `program` (or map, or function; empty for all), and since which version others have it.

    Not `certain`: it may have been brought to this kernel, or the program asks for it before it uses it.
    """

    program: str
    feature: str
    since: Version | None
    evidence: Evidence
    certain: bool


def missing(
    facts: BpfObject,
    kernel: Kernel,
    *,
    bpf_object: bytes | None = None,
    library: Library | None = None,
    machine: Machine | None = None,
) -> list[Missing]:
    """List what this kernel lacks for an object, certain things first.

    With `bpf_object` its relocations are tried on the kernel's types (about 0.1 s); with `library` the kernel is asked,
    if this user may load programs. Raises: BadInput for the object; Unsupported without /proc.
    """
    asked = library if library and kernel.may_load() else None
    check = _Check(kernel, asked, machine or Machine.here(kernel))
    found = [*check.maps(facts), *(item for program in facts.programs for item in check.program(program))]
    if bpf_object is not None:
        found += check.relocations(bpf_object)
    if asked:
        asked.log.take()  # what libbpf said of its attempts is no news
    return sorted(dict.fromkeys(found), key=lambda item: not item.certain)


class _Check:
    def __init__(self, kernel: Kernel, library: Library | None, machine: Machine) -> None:
        self.kernel = kernel
        self.library = library
        self.machine = machine

    def maps(self, facts: BpfObject) -> Iterator[Missing]:
        for item in facts.maps:
            since = MAPS.get(item.type)
            answer = self.ask("libbpf_probe_bpf_map_type", item.type)
            feature = f"map type {item.type_name.removeprefix('type ')}"
            yield from self.verdict(item.name, feature, since, answer)
            if since is None and answer is None:
                yield Missing(item.name, feature, None, Evidence.VERSION, certain=False)

    def program(self, program: Program) -> Iterator[Missing]:
        if program.kind.optional:
            return
        kind = _program_type(program)
        if kind:
            number = -1 if program.kind.hook in _PROBED_AS_FENTRY else kind.number
            answer = self.ask("libbpf_probe_bpf_prog_type", number) if number >= 0 else None
            name = program.kind.hook if program.kind.type == "cgroup" else program.kind.type
            yield from self.verdict(program.name, f"program type {name}", kind.since, answer)
        yield from self.hook(program)
        yield from self.types(program)
        for helper in program.helpers:
            yield from self.helper(program, helper, kind)

    def hook(self, program: Program) -> Iterator[Missing]:
        hook = program.kind.hook
        since = HOOKS.get(hook)
        if since:
            yield from self.verdict(program.name, f"hook {hook}", since, None)
        if program.kind.sleepable:
            yield from self.verdict(program.name, "sleepable programs", SLEEPABLE, None)
        if hook in _TRAMPOLINE_HOOKS:
            since = TRAMPOLINES.get(self.machine.architecture)
            yield from self.verdict(program.name, f"trampolines on {self.machine.architecture}", since, None)
        pmu = _PMUS.get(hook)
        options = OPTIONS.get(hook, ())
        if pmu and self.machine.lacks_source(pmu):
            yield Missing(program.name, f"{pmu}s", None, Evidence.FILES, certain=True)
        elif options and self.machine.lacks_options(options):
            yield Missing(program.name, f"hook {hook} ({' or '.join(options)})", None, Evidence.OPTIONS, certain=True)
        if program.kind.type == "tracepoint" and self.machine.lacks_tracepoint(program.kind.target):
            yield Missing(program.name, f"tracepoint {program.kind.target[:128]}", None, Evidence.FILES, certain=True)

    def types(self, program: Program) -> Iterator[Missing]:
        """What a program names in the kernel's types: a function, a tracepoint, kfuncs. Modules may have it too."""
        prefix = _TYPED_HOOKS.get(program.kind.hook)
        names = {name: f"kfunc {name}" for name in program.kfuncs if not name.startswith("#")}
        target = program.kind.target.partition("/")[0]
        if prefix is not None and target:
            names[prefix + target] = f"{program.kind.hook} target {target}"
        if (names or prefix is not None) and not self.kernel.has_btf():
            yield Missing(
                program.name, "types of its own (CONFIG_DEBUG_INFO_BTF)", (5, 2), Evidence.FILES, certain=True
            )
        elif names:
            there = self.machine.types_named(frozenset(names))
            for name in names if there is not None else ():
                if name not in (there or ()):
                    yield Missing(program.name, names[name][:160], None, Evidence.TYPES, certain=False)

    def helper(self, program: Program, number: int, kind: ProgramType | None) -> Iterator[Missing]:
        if number in _LIBBPF_REPLACES:
            return
        known = HELPERS.get(number)
        alone = kind is not None and kind.number not in HELPERS_BY_HOOK and not program.kind.sleepable
        answer = self.ask("libbpf_probe_bpf_helper", kind.number, number) if kind and alone else None
        name = f"helper bpf_{known.name}" if known else f"helper #{number}"
        for item in self.verdict(program.name, name, known.since if known else None, answer):
            yield Missing(item.program, item.feature, item.since, item.evidence, certain=False)  # perhaps in dead code

    def verdict(self, program: str, feature: str, since: Version | None, answer: bool | None) -> Iterator[Missing]:
        if answer is False:
            yield Missing(program, feature, since, Evidence.TRIED, certain=True)
        elif answer is None and since and self.machine.version and since > self.machine.version:
            yield Missing(program, feature, since, Evidence.VERSION, certain=False)

    def ask(self, probe: str, *numbers: int) -> bool | None:
        """Let libbpf try; None where it cannot tell."""
        if not self.library:
            return None
        try:
            answer = int(self.library.call(probe, *numbers, None))
        except AttributeError:  # a libbpf without this probe
            return None
        return bool(answer) if answer >= 0 else None

    def relocations(self, bpf_object: bytes) -> Iterator[Missing]:
        try:
            types = self.machine.types()
        except BadInput:
            return  # libbpf will say so
        for item in unresolved(bpf_object, types) if types else ():
            yield Missing(item.function, item.what, None, Evidence.TYPES, certain=not item.asks)


def _program_type(program: Program) -> ProgramType | None:
    if program.kind.type == "cgroup":
        name = program.kind.target.partition("/")[0].partition("_")[0].rstrip("46")
        whole = program.kind.target.rstrip("46")
        return CGROUP_TYPES.get(whole) or CGROUP_TYPES.get(name)
    return HOOK_TYPES.get(program.kind.hook) or PROGRAM_TYPES.get(program.kind.type)
