"""Packages of eunomia-bpf mean here what they mean there, and what is broken in them is named."""

from __future__ import annotations

import base64
import json
import zlib
from typing import Any

import pytest
from ebpfhub.schemas.bpf_object import BpfObject
from ebpfhub.schemas.btf import Kind
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.eunomia import MAX_JSON_BYTES, EunomiaPackage
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.program import MapView, Option, Usage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .eunomia_packages import GONE, META, changed, compiled, package

ROUNDS = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
MAPS, VARIABLES = "bpf_skel.maps", "bpf_skel.data_sections.0.variables"


def usage(path: str = "", value: Any = GONE, meta: dict[str, Any] = META) -> Usage:
    return EunomiaPackage.parse(package(changed(path, value, meta))).config.usage


def option(name: str, found: Usage | None = None) -> Option:
    return next(item for item in (found or usage()).options if item.name == name)


def number(kind: Kind, name: str) -> int:
    """A BTF id of the object."""
    return BpfObject.parse(compiled()).btf.find(name, kind)


def multiple(**maps: dict[str, Any]) -> dict[str, Any]:
    """A description that shows several maps."""
    made = changed("enable_multiple_export_types", True)
    for item in made["bpf_skel"]["maps"]:
        item.update(maps.get(item["name"], {}))
    return made


def test_the_object_comes_out_as_it_was_compiled() -> None:
    assert EunomiaPackage.parse(package()).bpf_object == compiled()


def test_the_config_says_who_it_is_and_can_be_published() -> None:
    config = EunomiaPackage.parse(package()).config
    assert (config.name, config.version, config.license) == ("eunomia", "1.2.3", "GPL")
    assert config.description == "Trace kill()\nAt length."
    assert PackageConfig.parse(config.to_json()) == config


@pytest.mark.parametrize(("version", "meant"), [("1.2.3.4", "0.1.0"), ("", "0.1.0"), ("2.0.0-rc.1", "2.0.0-rc.1")])
def test_a_version_that_is_none_is_upstreams_default(version: str, meant: str) -> None:
    made = package(changed("bpf_skel.doc.version", version))
    assert EunomiaPackage.parse(made).config.version == meant


@pytest.mark.parametrize(
    ("name", "meant"),
    [("opensnoop_bpf", "opensnoop"), ("Fentry-Link_bpf", "fentry-link"), ("__", "program"), ("a.._b", "a-b")],
)
def test_a_package_is_named_by_its_object(name: str, meant: str) -> None:
    assert EunomiaPackage.parse(package(changed("bpf_skel.obj_name", name))).config.name == meant


def test_every_variable_becomes_an_option_with_its_long_name_and_type_of_the_object() -> None:
    found = {item.name: item for item in usage().options}
    assert {
        name: (item.long, item.short, item.section, item.type.kind, item.type.size) for name, item in found.items()
    } == {
        "pid_target": ("pid", "p", ".rodata", "integer", 4),
        "targ_failed": ("failed", "x", ".rodata", "boolean", 1),
        "quiet": ("quiet", "", ".rodata", "boolean", 1),
        "prefix": ("prefix", "", ".rodata", "string", 16),
        "min_duration_ns": ("min_duration_ns", "", ".rodata", "integer", 8),
        "ratio": ("ratio", "", ".rodata", "float", 4),
        "paint": ("paint", "", ".rodata", "enum", 4),
        "list": ("list", "", ".rodata", "array", 16),
        "threshold": ("threshold", "", ".data", "integer", 4),
        "lost_events": ("lost_events", "", ".bss", "integer", 8),
    }
    facts = BpfObject.parse(compiled())
    assert all((variable := facts.variable(name)) and item.offset == variable.offset for name, item in found.items())


def test_options_show_the_value_that_the_object_has() -> None:
    found = {item.name: item.default for item in usage().options}
    assert (found["quiet"], found["prefix"], found["min_duration_ns"], found["ratio"]) == (True, "abc", 5, 0.5)
    assert (found["paint"], found["list"], found["threshold"], found["lost_events"]) == (2, None, 42, 0)


def test_help_is_the_argument_s_then_the_description_then_upstreams_sentence() -> None:
    assert option("pid_target").help == "Process ID to trace"
    assert option("prefix").help == "Set value of `char[16]` variable prefix"
    told = usage(f"{VARIABLES}.0.cmdarg.help", "Only this one")
    assert option("pid_target", told).help == "Only this one"


@pytest.mark.parametrize(
    ("place", "value", "shown", "stored"),
    [
        (0, -7, -7, (".rodata", b"\xf9\xff\xff\xff")),
        (0, "12", 12, (".rodata", b"\x0c\0\0\0")),
        (1, True, True, (".rodata", b"\1")),
        (2, False, False, (".rodata", b"\0")),
        (3, "né", "né", (".rodata", "né".encode().ljust(16, b"\0"))),
        (5, 1.5, 1.5, (".rodata", b"\0\0\xc0\x3f")),
        (6, "RED", 1, (".rodata", b"\1\0\0\0")),
    ],
)
def test_a_default_that_differs_from_the_object_is_set_before_loading(
    place: int, value: Any, shown: Any, stored: tuple[str, bytes]
) -> None:
    made = EunomiaPackage.parse(package(changed(f"{VARIABLES}.{place}.cmdarg", {"default": value})))
    found = made.config.usage.options[place]
    assert found.default == shown
    assert made.settings == ((stored[0], found.offset, stored[1]),)


def test_defaults_that_the_object_has_already_need_no_setting() -> None:
    assert EunomiaPackage.parse(package()).settings == ()


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, 2**31),
        (0, 1.5),
        (0, True),
        (0, "x"),
        (1, "yes"),
        (1, 2),
        (3, "x" * 16),
        (3, 5),
        (4, -1),
        (5, "nan"),
        (6, "BLUE"),
    ],
)
def test_a_default_that_does_not_fit_its_variable_is_refused(place: int, value: Any) -> None:
    with pytest.raises(BadInput, match="does not fit") as caught:
        usage(f"{VARIABLES}.{place}.cmdarg", {"default": value})
    assert f"variables[{place}]" in caught.value.where


@pytest.mark.parametrize(
    ("argument", "field"),
    [
        ({"long": "a b"}, "cmdarg.long"),
        ({"long": "\x1b[2J"}, "cmdarg.long"),
        ({"long": "-x"}, "cmdarg.long"),
        ({"long": "x" * 65}, "cmdarg.long"),
        ({"short": "ab"}, "cmdarg.short"),
        ({"short": "="}, "cmdarg.short"),
        ({"default": [1]}, "cmdarg.default"),
        (True, "cmdarg"),
        ({"long": "failed"}, "variables[1]"),
        ({"short": "x"}, "variables[1]"),
    ],
)
def test_options_that_nobody_could_type_are_refused(argument: Any, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        usage(f"{VARIABLES}.0.cmdarg", argument)
    assert caught.value.where.endswith(field)


def test_events_are_those_of_the_last_map_that_could_have_some() -> None:
    (stream,) = usage().events
    assert (stream.map, stream.transport, stream.type.name) == ("rb", "ringbuf", "event")
    assert [(member.name, member.offset) for member in stream.type.members] == [
        ("pid", 0),
        ("uid", 4),
        ("delta_ns", 8),
        ("comm", 16),
    ]
    maps = META["bpf_skel"]["maps"]
    (stream,) = usage(MAPS, [maps[2], maps[0], maps[1]]).events
    assert (stream.map, stream.transport) == ("events", "perf")


def test_a_sampled_map_that_comes_last_is_what_is_shown() -> None:
    maps = META["bpf_skel"]["maps"]
    sampled = maps[0] | {"sample": {"interval": 500, "type": "log2_hist", "unit": "(unit)", "clear_map": True}}
    found = usage(MAPS, [maps[1], maps[2], sampled])
    assert found.events == ()
    (view,) = found.views
    assert (view.map, view.show, view.interval, view.unit, view.clear) == ("hists", "log2", 500, "", True)
    assert (view.key.size, view.value.name, view.value.members[0].name) == (4, "hist", "slots")


@pytest.mark.parametrize(("kind", "show"), [("default_kv", "table"), ("log2_hist", "log2"), ("linear_hist", "linear")])
def test_each_way_of_sampling_is_known(kind: str, show: str) -> None:
    (view,) = usage(f"{MAPS}", [{"ident": "hists", "name": "hists", "sample": {"interval": 1, "type": kind}}]).views
    assert isinstance(view, MapView)
    assert (view.show, view.interval) == (show, 10)


def test_a_sample_says_default_kv_when_it_says_nothing() -> None:
    (view,) = usage(MAPS, [{"ident": "hists", "name": "hists", "sample": {"interval": 1000}}]).views
    assert (view.show, view.interval, view.unit, view.clear) == ("table", 1000, "", False)


def test_several_maps_are_shown_where_the_package_says_so() -> None:
    meta = multiple(
        hists={"sample": {"interval": 1000}, "export_config": "default"},
        events={"export_config": {"btf_type_id": number(Kind.STRUCT, "trace")}},
        rb={"export_config": {"btf_type_id": number(Kind.STRUCT, "event")}},
    )
    found = usage(meta=meta)
    assert [(stream.map, stream.type.name) for stream in found.events] == [("events", "trace"), ("rb", "event")]
    assert [(view.map, view.value.name) for view in found.views] == [("hists", "hist")]


def test_maps_that_are_not_exported_are_not_shown() -> None:
    meta = multiple(rb={"export_config": "no_export"}, hists={"sample": {"interval": 1000}})
    found = usage(meta=meta)
    assert (found.events, found.views) == ((), ())


def test_custom_members_are_in_the_order_of_their_offsets() -> None:
    pid = number(Kind.TYPEDEF, "pid_t")
    members = [{"name": "uid", "offset": 4, "btf_type_id": pid}, {"name": "pid?", "offset": 0, "btf_type_id": pid}]
    (stream,) = usage(meta=multiple(rb={"export_config": {"custom_members": members}})).events
    assert [(member.name, member.offset, member.type.size) for member in stream.type.members] == [
        ("pid?", 0, 4),
        ("uid", 4, 4),
    ]
    assert stream.type.size == 8


@pytest.mark.parametrize(
    ("config", "field"),
    [
        ({"custom_members": [{"name": "a", "offset": 0, "btf_type_id": 2**31}]}, "btf_type_id"),
        ({"custom_members": [{"name": "a", "offset": 0, "btf_type_id": 0}]}, "btf_type_id"),
        ({"custom_members": []}, "custom_members"),
        ({"btf_type_id": 10**6}, "btf_type_id"),
        ({"other": 1}, "export_config"),
        ("everything", "export_config"),
    ],
)
def test_exports_of_types_that_are_not_there_are_refused(config: Any, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        usage(meta=multiple(rb={"export_config": config}))
    assert caught.value.where.endswith(field)


def test_members_that_overlap_are_refused() -> None:
    pid = number(Kind.TYPEDEF, "pid_t")
    members = [{"name": "a", "offset": 0, "btf_type_id": pid}, {"name": "b", "offset": 2, "btf_type_id": pid}]
    with pytest.raises(BadInput, match="overlaps"):
        usage(meta=multiple(rb={"export_config": {"custom_members": members}}))


def test_stacks_are_shown_as_stacks() -> None:
    maps = META["bpf_skel"]["maps"]
    names = {"kstack": "kstack", "ustack": "stack_of_user"}
    traced = maps[1] | {"intepreter": {"stack_trace": {"field_map": names}}}
    meta = changed("export_types", META["export_types"][1:])
    (stream,) = usage(MAPS, [traced], meta).events
    shows = {member.name: member.show for member in stream.type.members}
    assert shows == {"pid": "", "kstack_sz": "", "kstack": "kernel-stack", "stack_of_user": "user-stack"}
    (stream,) = usage(MAPS, [maps[1] | {"intepreter": {"stack_trace": {"with_symbols": False}}}], meta).events
    assert {member.name: member.show for member in stream.type.members}["kstack"] == "hex"


def test_where_programs_attach_is_a_default_that_a_user_can_change() -> None:
    found = {point.program: (point.section, dict(point.defaults)) for point in usage().attach}
    assert found == {
        "handle_kill": ("tp/syscalls/sys_enter_kill", {}),
        "pass": ("xdp", {"interface": "1", "mode": "generic"}),
        "tc_ingress": ("tc", {"interface": "3", "direction": "egress", "handle": "7", "priority": "2"}),
    }


def test_programs_without_parameters_attach_as_upstream_does() -> None:
    bare = [{"attach": "xdp", "name": "pass"}, {"attach": "tc", "name": "tc_ingress", "link": True}]
    found = {point.program: dict(point.defaults) for point in usage("bpf_skel.progs", bare).attach}
    assert found["pass"] == {"interface": "1"}
    assert found["tc_ingress"] == {"interface": "1", "direction": "ingress", "handle": "1", "priority": "1"}


@pytest.mark.parametrize("absent", [GONE, None, []])
def test_a_program_without_maps_runs(absent: Any) -> None:
    found = usage(MAPS, absent)
    assert (found.events, found.views, len(found.options)) == ((), (), 10)


@pytest.mark.parametrize("path", ["bpf_skel.progs", "bpf_skel.data_sections", "bpf_skel.doc", "export_types"])
@pytest.mark.parametrize("absent", [GONE, None])
def test_what_is_null_is_as_if_it_were_not_there(path: str, absent: Any) -> None:
    assert isinstance(usage(path, absent), Usage)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (f"{VARIABLES}.0.name", "nobody", "variables[0].name"),
        (f"{MAPS}.0.name", "nowhere", "maps[0].name"),
        ("bpf_skel.progs.0.name", "nothing", "progs[0].name"),
        ("bpf_skel.progs.0.attach", "kprobe/do_exit", "progs[0].attach"),
        ("bpf_skel.progs.1.ifindex", 0, "progs[1].ifindex"),
        ("bpf_skel.progs.1.flags", 6, "progs[1].flags"),
        ("bpf_skel.progs.2.tchook.attach_point", "BPF_TC_UP", "tchook.attach_point"),
        ("export_types.0.name", "ghost", "export_types[0].name"),
        (f"{MAPS}.0.sample", {"type": "log2_hist"}, "sample.interval"),
        (f"{MAPS}.0.sample", {"interval": 1, "type": "pie"}, "sample.type"),
        (f"{MAPS}.0.intepreter", "magic", "intepreter"),
        ("bpf_skel.obj_name", 7, "obj_name"),
        ("bpf_skel", GONE, "bpf_skel"),
        ("perf_buffer_pages", "many", "perf_buffer_pages"),
    ],
)
def test_what_does_not_fit_is_refused_by_the_name_of_its_field(path: str, value: Any, where: str) -> None:
    with pytest.raises(BadInput) as caught:
        usage(path, value)
    assert caught.value.where.endswith(where)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"bpf_object": GONE}, "bpf_object"),
        ({"bpf_object": "!"}, "bpf_object"),
        ({"bpf_object": base64.b64encode(b"no zlib").decode()}, "bpf_object"),
        ({"bpf_object": base64.b64encode(zlib.compress(compiled())[:-4]).decode()}, "bpf_object"),
        ({"bpf_object": base64.b64encode(zlib.compress(compiled()) + b"x").decode()}, "bpf_object"),
        ({"bpf_object_size": len(compiled()) - 1}, "bpf_object"),
        ({"bpf_object_size": len(compiled()) + 1}, "bpf_object"),
        ({"bpf_object_size": 2**40}, "bpf_object_size"),
        ({"bpf_object_size": GONE}, "bpf_object_size"),
        ({"meta": GONE}, "meta"),
        ({"meta": []}, "meta"),
    ],
)
def test_an_object_that_is_not_what_it_says_is_refused(more: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        EunomiaPackage.parse(package(**more))
    assert caught.value.where == f"package.json.{field}"


def test_a_bomb_is_not_unpacked() -> None:
    bomb = base64.b64encode(zlib.compress(bytes(512 << 20), 9)).decode()
    with pytest.raises(BadInput, match="more bytes"):
        EunomiaPackage.parse(package(bpf_object=bomb, bpf_object_size=1000))


def test_a_file_that_is_too_large_is_not_read() -> None:
    with pytest.raises(BadInput, match="more than"):
        EunomiaPackage.parse(b" " * (MAX_JSON_BYTES + 1))


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _places(value: Any, way: str = "") -> list[str]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [(f"{way}.{key}" if way else str(key), item) for key, item in pairs]
    return [place for here, item in found for place in (here, *_places(item, here))]


@ROUNDS
@given(st.sampled_from(_places(META)), JUNK)
def test_hostile_descriptions_are_refused_or_can_be_published(path: str, value: Any) -> None:
    try:
        config = EunomiaPackage.parse(package(changed(path, value))).config
    except BadInput:
        return
    assert PackageConfig.parse(config.to_json()) == config


@ROUNDS
@given(JUNK | st.fixed_dictionaries({"bpf_object": JUNK, "bpf_object_size": JUNK, "meta": JUNK}))
def test_hostile_documents_are_refused(document: Any) -> None:
    with pytest.raises(BadInput):
        EunomiaPackage.parse(json.dumps(document).encode())


@ROUNDS
@given(st.binary(max_size=200))
def test_hostile_objects_are_refused(data: bytes) -> None:
    packed = base64.b64encode(zlib.compress(data)).decode()
    with pytest.raises(BadInput):
        EunomiaPackage.parse(package(bpf_object=packed, bpf_object_size=len(data)))


@ROUNDS
@given(st.integers(0, len(compiled()) - 1), st.binary(min_size=1, max_size=4))
def test_damaged_objects_are_refused_or_can_be_published(place: int, damage: bytes) -> None:
    data = (compiled()[:place] + damage + compiled()[place + len(damage) :])[: len(compiled())]
    packed = base64.b64encode(zlib.compress(data, 1)).decode()
    try:
        config = EunomiaPackage.parse(package(bpf_object=packed, bpf_object_size=len(data))).config
    except BadInput:
        return
    assert PackageConfig.parse(config.to_json()) == config
