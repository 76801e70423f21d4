"""Options and events: found in the program's own types, with the words of its comments."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.source.comments import NO_DOCS, read_comments
from ebpfhub.client.builder.source.usage import find_usage
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package import PackageConfig

Write = Callable[..., Path]
EVENTS = '\nstruct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } %s SEC(".maps");\n'


def test_program_has_three_options(opensnoop: BuiltPackage) -> None:
    options = {item.name: item for item in opensnoop.config.usage.options}
    assert {(item.long, item.short, item.default) for item in options.values()} == {
        ("pid", "p", 0), ("uid", "u", -1), ("failed", "x", False),
    }  # fmt: skip
    assert options["target_pid"].help == "Only this process"
    assert options["failed_only"].type.kind == "boolean"
    assert all(item.section == ".rodata" for item in options.values())


def test_program_has_one_stream_with_the_header_s_words(opensnoop: BuiltPackage) -> None:
    (stream,) = opensnoop.config.usage.events
    assert (stream.map, stream.transport, stream.type.name) == ("events", "ringbuf", "event")
    assert [member.name for member in stream.type.members] == ["pid", "ppid", "uid", "ret", "flags", "comm", "fname"]
    assert stream.type.members[0].help == "Process that opened the file"
    assert opensnoop.notices == ()


def test_options_come_from_all_kinds_of_variables(project: Write, cache: Path) -> None:
    body = """
const volatile unsigned long long min_duration_ns = 5;
const volatile char prefix[8] = "ab";
const volatile double ratio = 1.5;
int threshold = 42;
/// @cmdarg {}
int zero;
int counter;
const int fixed = 1;
static const volatile int hidden = 1;
const volatile int list[3] = {1, 2, 3};
"""
    built = build_project(project(body), cache=cache)
    assert {(item.long, item.section, item.default) for item in built.config.usage.options} == {
        ("min-duration-ns", ".rodata", 5), ("prefix", ".rodata", "ab"), ("ratio", ".rodata", 1.5),
        ("threshold", ".data", 42), ("zero", ".bss", 0),
    }  # fmt: skip
    assert [notice for notice in built.notices if notice.startswith("list ")]
    assert PackageConfig.parse(built.config.to_json()) == built.config


def test_default_that_the_program_does_not_have_is_refused(project: Write, cache: Path) -> None:
    folder = project('\n/// @cmdarg {"default": 7}\nconst volatile int x = 3;\n')
    with pytest.raises(BadInput, match="is 7 by default, but the program sets it to 3") as caught:
        build_project(folder, cache=cache)
    assert caught.value.where == "demo.bpf.c:5"


@pytest.mark.parametrize("value", ['"text"', "300", "-1", "true", "1.5"])
def test_default_that_does_not_fit_is_refused(value: str, project: Write, cache: Path) -> None:
    folder = project(f'\n/// @cmdarg {{"default": {value}}}\nconst volatile unsigned char x = 3;\n')
    with pytest.raises(BadInput, match="does not fit"):
        build_project(folder, cache=cache)


def test_two_options_of_one_name_are_refused(project: Write, cache: Path) -> None:
    body = '\n/// @cmdarg {"long": "a-b"}\nconst volatile int x = 1;\nconst volatile int a_b = 2;\n'
    with pytest.raises(BadInput, match="both set by --a-b"):
        build_project(project(body), cache=cache)


def test_struct_that_only_local_variables_use_is_found(project: Write, cache: Path) -> None:
    built = build_project(project(EVENTS % "events", "struct event { int pid; };\n"), cache=cache)
    assert built.config.usage.events[0].type.members[0].name == "pid"
    assert "__ebpfhub_keep" not in built.object.decode("latin-1")


def test_object_without_source_still_shows_a_struct_of_its_map_s_name(opensnoop: BuiltPackage) -> None:
    found = find_usage(opensnoop.facts, NO_DOCS, NO_DOCS)
    assert [item.type.name for item in found.usage.events] == ["event"]
    assert [item.long for item in found.usage.options] == ["target-pid", "target-uid", "failed-only"]


def test_maps_find_their_structs_by_annotation_name_or_order(project: Write, cache: Path) -> None:
    header = "struct first { int a; };\nstruct opened { int b; };\nstruct closed { int c; };\n"
    body = EVENTS % "opened" + "/// @event struct closed" + EVENTS % "out" + EVENTS % "stray"
    built = build_project(project(body, header), cache=cache)
    assert {item.map: item.type.name for item in built.config.usage.events} == {
        "opened": "opened", "out": "closed", "stray": "first",
    }  # fmt: skip
    assert [notice for notice in built.notices if "stray is taken to carry struct first" in notice]


def test_perf_events_are_a_stream_too(project: Write, cache: Path) -> None:
    body = """
struct { __uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY); __uint(key_size, 4); __uint(value_size, 4); } events SEC(".maps");
"""
    built = build_project(project(body, "struct event { int pid; };\n"), cache=cache)
    assert built.config.usage.events[0].transport == "perf"


def test_event_struct_that_is_nowhere_is_a_notice(project: Write, cache: Path) -> None:
    built = build_project(project("/// @event struct gone" + EVENTS % "events"), cache=cache)
    assert built.config.usage.events == ()
    assert any("struct gone is not in the compiled program" in notice for notice in built.notices)


def test_bit_fields_in_events_are_refused_by_name(project: Write, cache: Path) -> None:
    folder = project(EVENTS % "events", "struct event { int pid; int flag : 3; };\n")
    with pytest.raises(BadInput, match="'flag' is a bit field"):
        build_project(folder, cache=cache)


def test_iterator_program_has_a_stream_of_its_own(project: Write, cache: Path) -> None:
    body = """
/// @event struct entry
SEC("iter/task")
int dump(struct bpf_iter__task *ctx) { return 0; }
SEC("iter/task")
int text(struct bpf_iter__task *ctx) { return 0; }
"""
    header = "struct event { int a; };\nstruct entry {\n/** Its id */\nint pid; int ret; };\n"
    built = build_project(project(body + EVENTS % "events", header), cache=cache)
    assert [(item.map, item.transport, item.type.name) for item in built.config.usage.events] == [
        ("events", "ringbuf", "event"), ("dump", "iterator", "entry"),
    ]  # fmt: skip
    members = built.config.usage.events[1].type.members
    assert [(item.name, item.help, item.show) for item in members] == [("pid", "Its id", ""), ("ret", "", "errno")]
    assert built.notices == ()


def test_eunomia_s_interpreter_makes_stacks_of_members(project: Write, cache: Path) -> None:
    header = "struct event { int pid; __u64 kstack[4]; __u64 own[4]; int ustack_sz; };\n"
    body = '\n/// @intepreter {"stack_trace": {"field_map": {"ustack": "own"}}}' + EVENTS % "events"
    built = build_project(project(body, header), cache=cache)
    assert {item.name: item.show for item in built.config.usage.events[0].type.members if item.show} == {
        "kstack": "kernel-stack", "own": "user-stack",
    }  # fmt: skip
    for said in (
        '{"stack_trace": {"field_map": {"ustack": "owm"}}}',
        '{"stack_trace": {"field_map": {"kstack": "pid", "ustack": "kstac"}}}',
        '{"stack_trace": {"fields": {}}}',
        '"stack_trace"',
    ):
        docs = read_comments(f"/// @intepreter {said}{EVENTS % 'events'}", file="x.c")
        with pytest.raises(BadInput) as caught:
            find_usage(built.facts, docs, read_comments(header, file="demo.h"))
        assert caught.value.where.startswith("x.c:1: @intepreter")


def test_plain_object_s_map_tells_the_type_of_its_values(project: Write, cache: Path) -> None:
    body = """
struct record { __u64 ts; char comm[16]; };
struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); __type(value, struct record); } out SEC(".maps");
"""
    facts = build_project(project(body), cache=cache).facts
    (stream,) = find_usage(facts, NO_DOCS, NO_DOCS).usage.events
    assert (stream.map, stream.type.name) == ("out", "record")
    assert [item.show for item in stream.type.members] == ["time", ""]


def test_plain_object_s_only_struct_that_is_an_event_is_found(project: Write, cache: Path) -> None:
    kept = "struct {0} {{ int pid; }}; struct {0} *{0}_kept;\n"
    one = EVENTS % "out" + "struct other { int a; }; struct other *other_kept;\n" + kept.format("my_event_t")
    facts = build_project(project(one), cache=cache).facts
    (stream,) = find_usage(facts, NO_DOCS, NO_DOCS).usage.events
    assert stream.type.name == "my_event_t"
    facts = build_project(project(one + kept.format("closed_event")), cache=cache).facts
    found = find_usage(facts, NO_DOCS, NO_DOCS)
    assert found.usage.events == ()
    assert any("events of out are cannot be found" in notice for notice in found.notices)


def test_plain_object_of_eunomia_s_compiler_names_its_structs(project: Write, cache: Path) -> None:
    body = EVENTS % "out" + "struct thing { int pid; };\nconst volatile struct thing *__eunomia_dummy_thing_ptr;\n"
    facts = build_project(project(body), cache=cache).facts
    (stream,) = find_usage(facts, NO_DOCS, NO_DOCS).usage.events
    assert stream.type.name == "thing"


def test_what_is_not_supported_is_said(project: Write, cache: Path) -> None:
    body = """
/// @export_config "no_export"
struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 8); __type(key, int); __type(value, int); } h SEC(".maps");
"""
    built = build_project(project(body), cache=cache)
    assert "demo.bpf.c:5: @export_config before h is not supported and has no effect" in built.notices
