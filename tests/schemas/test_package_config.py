"""A package's config and manifest, and how its program is used."""

import json
from dataclasses import replace
from typing import Any

import pytest
from ebpfhub.schemas import media
from ebpfhub.schemas.c_type import ARRAY, ENUM, INTEGER, STRUCT, CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.oci import MAX_BLOB_BYTES, MAX_LAYERS, Descriptor, Manifest
from ebpfhub.schemas.package import (
    ARCHITECTURE,
    MAX_CONFIG_BYTES,
    PackageConfig,
    check_package_manifest,
    object_layers,
)
from ebpfhub.schemas.program import EventStream, Option, Usage
from hypothesis import given
from hypothesis import strategies as st

INT = CType(INTEGER, 4, "int", signed=True)
COLOR = CType(ENUM, 4, "color", values=(("RED", 0), ("BLUE", -1)))
EVENT = CType(
    *(STRUCT, 24, "event"),
    members=(
        Member("pid", 0, INT, "who"),
        Member("comm", 4, CType(ARRAY, 16, length=4, item=INT)),
        Member("c", 20, COLOR),
    ),
)
CONFIG = PackageConfig(
    *("tools", "opensnoop", "1.0.0", "Shows who opens what", "GPL-2.0", ("Alice",), "https://example.org", ("file",)),
    Usage(
        (Option("pid", "pid", "p", "only this process", ".rodata", 0, INT, 7),),
        (EventStream("events", "ringbuf", EVENT),),
    ),
)
DOCUMENT: dict[str, Any] = {"schemaVersion": 1, "namespace": "tools", "name": "opensnoop", "version": "1.0.0"}
BPF = Descriptor.of(media.BPF_OBJECT, b"object")
MANIFEST = Manifest.make(
    artifact_type=media.PACKAGE, config=Descriptor.of(media.PACKAGE_CONFIG, CONFIG.to_json()), layers=(BPF,)
)


def test_config_reads_back() -> None:
    assert PackageConfig.parse(CONFIG.to_json()) == CONFIG


def test_fields_of_later_versions_are_left_alone() -> None:
    read = PackageConfig.parse(json.dumps({**DOCUMENT, "mascot": "bee"}).encode())
    assert read == PackageConfig("tools", "opensnoop", "1.0.0")


@pytest.mark.parametrize(
    "change",
    [
        {"schemaVersion": 2},
        {"schemaVersion": 1.0},
        {"namespace": "a.b"},
        {"name": "x/y"},
        {"version": "1.0"},
        {"version": "1.0.0+build"},
        {"description": "x" * 4097},
        {"description": 1},
        {"authors": ["x"] * 33},
        {"architectures": "amd64"},
        {"architectures": ["amd64"] * 9},
        {"keywords": [1]},
        {"options": {}},
        {"options": [{"name": "pid"}]},
        {"events": [{"map": "e", "transport": "socket", "type": {"kind": "integer", "size": 4}}]},
    ],
    ids=str,
)
def test_config_outside_its_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        PackageConfig.parse(json.dumps({**DOCUMENT, **change}).encode())


def objects(*architectures: str) -> Manifest:
    """A package's manifest with an object for each of these; one of "" names none."""
    layers = [
        Descriptor.of(media.BPF_OBJECT, name.encode(), **({ARCHITECTURE: name} if name else {}))
        for name in architectures
    ]
    return Manifest.make(artifact_type=media.PACKAGE, config=MANIFEST.config, layers=tuple(layers))


def test_objects_of_a_package_are_one_or_one_for_each_architecture() -> None:
    for good in (objects(""), objects("amd64"), objects("amd64", "arm64")):
        check_package_manifest(good)
        assert object_layers(Manifest.parse(good.raw)) == good.layers
    for bad in (objects("", ""), objects("amd64", ""), objects("amd64", "amd64"), objects(*map(str, range(9)))):
        with pytest.raises(BadInput, match="several BPF objects"):
            check_package_manifest(bad)


def test_config_that_is_too_large_is_refused() -> None:
    with pytest.raises(BadInput, match="more than"):
        PackageConfig.parse(b" " * (MAX_CONFIG_BYTES + 1))


def nested(depth: int) -> dict[str, Any]:
    made: dict[str, Any] = {"kind": "integer", "size": 4}
    for _ in range(depth):
        made = {"kind": "array", "size": 4, "count": 1, "item": made}
    return made


@pytest.mark.parametrize(
    "ctype",
    [
        {"kind": "integer", "size": 3},
        {"kind": "float", "size": 2},
        {"kind": "boolean", "size": 4},
        {"kind": "magic", "size": 4},
        {"kind": "integer", "size": 2**20},
        {"kind": "array", "size": 9, "count": 2, "item": {"kind": "integer", "size": 4}},
        {"kind": "array", "size": 4, "count": 1},
        {"kind": "struct", "size": 4, "members": [{"name": "a", "offset": 1, "type": {"kind": "integer", "size": 4}}]},
        {"kind": "struct", "size": 4, "members": [{"name": "a", "offset": -1, "type": {"kind": "integer", "size": 4}}]},
        {"kind": "array", "size": 0, "count": 65536, "item": {"kind": "struct", "size": 0}},
        nested(9),
    ],
    ids=lambda ctype: str(ctype)[:60],
)
def test_type_that_no_compiler_lays_out_is_refused(ctype: dict[str, Any]) -> None:
    event = {"map": "events", "transport": "ringbuf", "type": ctype}
    with pytest.raises(BadInput):
        PackageConfig.parse(json.dumps({**DOCUMENT, "events": [event]}).encode())


def test_nesting_of_eight_arrays_is_read() -> None:
    event = {"map": "events", "transport": "ringbuf", "type": nested(8)}
    PackageConfig.parse(json.dumps({**DOCUMENT, "events": [event]}).encode())


@given(st.binary(max_size=200) | st.recursive(st.none() | st.text(), st.lists).map(lambda v: json.dumps(v).encode()))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        PackageConfig.parse(data)
    with pytest.raises(BadInput):
        Manifest.parse(data)


JUNK = st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2)


@given(st.data())
def test_config_with_one_wrong_value_is_read_or_refused(data: st.DataObject) -> None:
    document = json.loads(CONFIG.to_json())
    target: Any = document
    while isinstance(target, dict | list) and target:
        parent, target = target, None
        step = data.draw(st.sampled_from(sorted(parent) if isinstance(parent, dict) else range(len(parent))))
        if data.draw(st.booleans()):
            target = parent[step]
        else:
            parent[step] = data.draw(JUNK)
    try:
        read = PackageConfig.parse(json.dumps(document).encode())
    except BadInput:
        return
    assert PackageConfig.parse(read.to_json()) == read


def test_manifest_reads_back() -> None:
    assert Manifest.parse(MANIFEST.raw) == MANIFEST
    check_package_manifest(MANIFEST)


@pytest.mark.parametrize(
    ("story", "manifest"),
    [
        ("another artifact type", replace(MANIFEST, artifact_type="application/x")),
        ("another config", replace(MANIFEST, config=BPF)),
        ("a config of a terabyte", replace(MANIFEST, config=replace(MANIFEST.config, size=2**40))),
        ("an unknown layer", replace(MANIFEST, layers=(BPF, Descriptor.of("application/x", b"")))),
        ("two objects", replace(MANIFEST, layers=(BPF, BPF))),
        ("no program", replace(MANIFEST, layers=(Descriptor.of(media.README, b"#"),))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_manifest_that_is_no_package_is_refused(story: str, manifest: Manifest) -> None:
    with pytest.raises(BadInput):
        check_package_manifest(manifest)


@pytest.mark.parametrize(
    "change",
    [
        {"schemaVersion": 1},
        {"mediaType": media.OCI_INDEX},
        {"layers": [BPF.to_json()] * (MAX_LAYERS + 1)},
        {"layers": [{**BPF.to_json(), "size": MAX_BLOB_BYTES + 1}]},
        {"layers": [{**BPF.to_json(), "size": -1}]},
        {"layers": [{**BPF.to_json(), "digest": "sha256:00"}]},
        {"layers": [{**BPF.to_json(), "digest": "sha512:" + "0" * 128}]},
        {"layers": None},
        {"config": []},
        {"annotations": {"a": 1}},
        {"annotations": False},
        {"subject": "x"},
    ],
    ids=lambda change: str(change)[:60],
)
def test_manifest_outside_its_bounds_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        Manifest.parse(json.dumps({**json.loads(MANIFEST.raw), **change}).encode())
