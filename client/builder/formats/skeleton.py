"""Headers for guests of wasm-bpf that are written in C: the object inside, and functions as libbpf's skeletons have.

`NAME.skel.h` is used as bpftool's skeletons for Wasm are (open, set `rodata`, load, attach, destroy); `NAME.wasm.h` has
the structs of events and maps. What a guest is compiled with is its author's choice.
"""

from __future__ import annotations

import re
from pathlib import Path

from ....schemas.bpf_object import BpfObject, DataSection
from ....schemas.c_type import Member
from ....schemas.elf import ElfObject
from ....schemas.package import PackageConfig
from .c_struct import c_struct, structs_of
from .c_text import c_bytes, c_name, c_string

_SDK = Path(__file__).parent / "guest_sdk.h"
_PATCHED = {".rodata": "rodata", ".data": "data"}  # their bytes lie in the object; .bss has none
_MAX_NAME = 63


def skeleton_header(config: PackageConfig, bpf_object: bytes) -> str:
    """The text of NAME.skel.h. The same package gives the same text."""
    return _Skeleton(c_name(config.name) + "_bpf", bpf_object).write()


def structs_header(config: PackageConfig) -> str:
    """The text of NAME.wasm.h: each struct of an event, and of a map that is looked at, once."""
    usage = config.usage
    types = [item.type for item in usage.events] + [kind for item in usage.views for kind in (item.key, item.value)]
    structs = {kind.name: kind for item in types for kind in structs_of(item)}
    guard = f"{c_name(config.name).upper()}_WASM_H"
    texts = [c_struct(c_name(name), kind.members, kind.size) for name, kind in structs.items()]
    head = [f"/* Written by ecli build: structs of {config.name} for guests of 32 bits. */", f"#ifndef {guard}"]
    return "\n".join(
        [*head, f"#define {guard}", "", "#include <stdbool.h>", "#include <stdint.h>", "", *texts, "#endif\n"]
    )


class _Skeleton:
    def __init__(self, name: str, bpf_object: bytes) -> None:
        self.name = name
        self.bytes = bpf_object
        self.facts = BpfObject.parse(bpf_object)
        self.places = {item.name: item.offset for item in ElfObject.parse(bpf_object).sections}
        self.maps = [item.name for item in self.facts.maps]
        self.programs = [item.name for item in self.facts.programs]
        self.sections = [item for item in self.facts.sections if item.name in _PATCHED and item.variables]

    def write(self) -> str:
        guard = f"__{self.name.upper()}_SKEL_H__"
        words = {
            "NAME": self.name,
            "MAPS": str(len(self.maps)),
            "PROGRAMS": str(len(self.programs)),
            "POINTERS": "\n\t".join(self.pointers()),
        }
        return "\n".join(
            [
                f"/* Written by ecli build: {self.name} as a guest of wasm-bpf uses it. */",
                f"#ifndef {guard}",
                f"#define {guard}",
                "",
                _SDK.read_text(encoding="utf-8"),
                *(self.variables(item) for item in self.sections),
                self.struct(),
                f"static unsigned char {self.name}__object[] __attribute__((aligned(16))) = {{",
                c_bytes(self.bytes),
                "};",
                "",
                re.sub("@([A-Z]+)@", lambda found: words[found[1]], _FUNCTIONS),
                "#endif",
                "",
            ]
        )

    def variables(self, section: DataSection) -> str:
        members = [
            Member(item.name, item.offset, item.type)
            for item in section.variables
            if item.type is not None and item.size and not item.is_static
        ]
        return c_struct(f"{self.name}__{_PATCHED[section.name]}", members, len(section.image))

    def struct(self) -> str:
        lines = [f"struct {self.name} {{"]
        for kind, field, names in (("map", "maps", self.maps), ("program", "progs", self.programs)):
            members = " ".join(f"struct bpf_{kind} *{c_name(name)};" for name in names) or "char none;"
            lines.append(f"\tstruct {{ {members} }} {field};")
        lines += [f"\tstruct {self.name}__{word} *{word};" for word in map(_patched, self.sections)]
        lines.append("\tbpf_object_skel object;")
        lines.append(f"\tstruct bpf_map all_maps[{len(self.maps) or 1}];")
        lines.append(f"\tstruct bpf_program all_programs[{len(self.programs) or 1}];")
        return "\n".join([*lines, "};", ""])

    def pointers(self) -> list[str]:
        made = []
        for kind, field, names in (("maps", "maps", self.maps), ("programs", "progs", self.programs)):
            for number, name in enumerate(names):
                made.append(f"skeleton->{field}.{c_name(name)} = &skeleton->all_{kind}[{number}];")
                made.append(f"strcpy(skeleton->all_{kind}[{number}].name, {c_string(name[:_MAX_NAME])});")
        made += [f"skeleton->all_programs[{number}].autoattach = true;" for number in range(len(self.programs))]
        return made + [
            f"skeleton->{word} = (void *)({self.name}__object + {self.places[item.name]});"
            for item, word in zip(self.sections, map(_patched, self.sections), strict=True)
        ]


def _patched(section: DataSection) -> str:
    return _PATCHED[section.name]


_FUNCTIONS = """\
static inline const void *@NAME@__elf_bytes(size_t *size)
{
	*size = sizeof(@NAME@__object);
	return @NAME@__object;
}

static inline void @NAME@__destroy(struct @NAME@ *skeleton)
{
	if (skeleton && skeleton->object)
		wasm_close_bpf_object(skeleton->object);
	free(skeleton);
}

/* Variables can be set from here up to the load. */
static inline struct @NAME@ *@NAME@__open(void)
{
	struct @NAME@ *skeleton = calloc(1, sizeof(*skeleton));

	if (!skeleton)
		return NULL;
	@POINTERS@
	return skeleton;
}

static inline int @NAME@__load(struct @NAME@ *skeleton)
{
	skeleton->object = wasm_load_bpf_object(@NAME@__object, sizeof(@NAME@__object));
	if (!skeleton->object)
		return -1;
	for (int at = 0; at < @MAPS@; at++)
		skeleton->all_maps[at].obj_ptr = skeleton->object;
	for (int at = 0; at < @PROGRAMS@; at++)
		skeleton->all_programs[at].obj_ptr = skeleton->object;
	return 0;
}

static inline struct @NAME@ *@NAME@__open_and_load(void)
{
	struct @NAME@ *skeleton = @NAME@__open();

	if (skeleton && @NAME@__load(skeleton)) {
		@NAME@__destroy(skeleton);
		return NULL;
	}
	return skeleton;
}

static inline int @NAME@__attach(struct @NAME@ *skeleton)
{
	for (int at = 0; at < @PROGRAMS@; at++) {
		struct bpf_program *program = &skeleton->all_programs[at];
		const char *target = program->attach_target[0] ? program->attach_target : NULL;
		int error = program->autoattach ? wasm_attach_bpf_program(skeleton->object, program->name, target) : 0;

		if (error < 0)
			return error;
	}
	return 0;
}
"""
