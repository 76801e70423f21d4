"""What is written as a package.json is what upstream's tools write, and means the same when it is read again."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from ebpfhub.schemas.bpf_object import BpfObject
from ebpfhub.schemas.btf import Kind
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.eunomia import EunomiaPackage
from ebpfhub.schemas.eunomia_write import c_text, to_package_json
from ebpfhub.schemas.package import PackageConfig

from .eunomia_packages import META, changed, compiled, package


def read(**more: Any) -> PackageConfig:
    return EunomiaPackage.parse(package(**more)).config


def document(config: PackageConfig) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(to_package_json(config, compiled()))
    return found


def several() -> dict[str, Any]:
    """A description that shows all three maps."""
    made = changed("enable_multiple_export_types", True)
    number = BpfObject.parse(compiled()).btf.find
    exports: list[dict[str, Any]] = [
        {"export_config": "default", "sample": {"interval": 500, "type": "log2_hist", "unit": "us"}},
        {"export_config": {"btf_type_id": number("trace", Kind.STRUCT)}},
        {"export_config": {"btf_type_id": number("event", Kind.STRUCT)}},
    ]
    for item, export in zip(made["bpf_skel"]["maps"], exports, strict=False):
        item.update(export)
    return made


def test_the_form_is_that_of_ecc() -> None:
    raw = to_package_json(read(), compiled())
    found = json.loads(raw)
    assert raw == json.dumps(found, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    packed = base64.b64decode(found["bpf_object"])
    assert packed[:2] == b"\x78\x9c"
    assert (zlib.decompress(packed), found["bpf_object_size"]) == (compiled(), len(compiled()))


def test_what_is_written_means_the_same_but_for_the_data_section() -> None:
    config = read(meta=several())
    again = EunomiaPackage.parse(to_package_json(config, compiled())).config
    assert (again.name, again.version, again.description) == (config.name, config.version, config.description)
    kept = tuple(option for option in config.usage.options if option.section != ".data")
    assert again.usage == config.usage._replace(options=kept)


def test_what_is_shown_alone_has_its_export_type() -> None:
    maps = [{"ident": "hists", "name": "hists", "sample": {"interval": 1000}}]
    facts = BpfObject.parse(compiled())
    config = read(meta=changed("bpf_skel.maps", maps))
    found = document(config)["meta"]
    assert found["enable_multiple_export_types"] is True  # the object has event maps that are not to be shown
    assert {
        item["name"]: item.get("export_config") for item in found["bpf_skel"]["maps"] if item["name"] in ("hists", "rb")
    } == {"hists": "default", "rb": None}
    assert facts.struct("hist") is not None


def test_variables_have_the_types_that_a_compiler_would_take() -> None:
    sections = {item["name"]: item["variables"] for item in document(read())["meta"]["bpf_skel"]["data_sections"]}
    told = {item["name"]: item["type"] for items in sections.values() for item in items}
    wanted = {
        item["name"]: item["type"] for section in META["bpf_skel"]["data_sections"] for item in section["variables"]
    }
    del wanted["threshold"]  # .data, which upstream's loader refuses
    assert told == wanted


def test_a_boolean_that_starts_as_true_says_so() -> None:
    sections = document(read())["meta"]["bpf_skel"]["data_sections"]
    (quiet,) = [item for section in sections for item in section["variables"] if item["name"] == "quiet"]
    assert quiet["cmdarg"] == {"default": True}


def test_an_option_is_called_as_its_variable_unless_it_was_given_a_name() -> None:
    config = read()
    derived = tuple(item._replace(long=item.long.replace("_", "-")) for item in config.usage.options)
    sections = document(replace(config, usage=config.usage._replace(options=derived)))["meta"]["bpf_skel"]
    told = {item["name"]: item.get("cmdarg", {}) for found in sections["data_sections"] for item in found["variables"]}
    assert told["pid_target"]["long"] == "pid"
    assert "long" not in told["min_duration_ns"]


def test_maps_of_data_sections_have_the_names_that_libbpf_gives() -> None:
    found = document(read())["meta"]["bpf_skel"]["maps"]
    assert {"ident": "rodata", "mmaped": True, "name": "eunomia_.rodata"} in found


def test_an_interface_by_name_is_left_to_upstreams_default() -> None:
    config = read()
    points = tuple(item._replace(defaults=(("interface", "eth0"),)) for item in config.usage.attach)
    found = document(replace(config, usage=config.usage._replace(attach=points)))
    (xdp,) = [item for item in found["meta"]["bpf_skel"]["progs"] if item["attach"] == "xdp"]
    assert xdp == {"attach": "xdp", "link": True, "name": "pass"}


def test_events_without_a_struct_cannot_be_told() -> None:
    config = read(meta=several())
    events = tuple(item._replace(type=item.type._replace(name="nobody")) for item in config.usage.events)
    with pytest.raises(BadInput, match="nobody"):
        to_package_json(replace(config, usage=config.usage._replace(events=events)), compiled())


def test_types_are_spelled_as_in_c() -> None:
    btf = BpfObject.parse(compiled()).btf
    texts = {
        btf.types[place.type].name: c_text(btf, btf.types[place.type].type)
        for item in btf.types
        for place in item.places
    }
    assert (texts["prefix"], texts["list"], texts["__eunomia_dummy_event_ptr"]) == (
        "char[16]",
        "int[4]",
        "struct event *",
    )
