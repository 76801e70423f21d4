"""Small programs of ours, one convention each: what is built of them is what their file of expectations says.

A program is NAME.bpf.c with NAME.h perhaps, and NAME.json holds what matters of it: options, events, views, attach
points, metrics, notices, config, license; or the words of the error that refuses it. All of them lie in one folder.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.inputs import read_words
from ebpfhub.schemas.c_type import CType
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.package import PackageConfig

PROGRAMS = Path(__file__).parent / "programs"
EXPECTED = {path.name.removesuffix(".bpf.c"): path for path in sorted(PROGRAMS.glob("*.bpf.c"))}


def _expected(name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads((PROGRAMS / f"{name}.json").read_text())
    return made


def _build(name: str, cache: Path) -> BuiltPackage:
    asked = read_words((str(PROGRAMS / f"{name}.bpf.c"),))
    return build_project(asked.folder, cache=cache, inputs=asked.inputs)


@pytest.mark.parametrize("name", [name for name in EXPECTED if "error" not in _expected(name)])
def test_program_is_built_as_its_conventions_say(name: str, cache: Path, loads: Callable[[bytes], bool]) -> None:
    expected, built = _expected(name), _build(name, cache)
    usage = built.config.usage
    if "options" in expected:
        found = {item.long: {"help": item.help, **item.to_json()} for item in usage.options}
        assert _part(found, expected["options"]) == expected["options"]
    if "events" in expected:
        found = {item.map: _event(item.type) | {"transport": item.transport} for item in usage.events}
        assert _part(found, expected["events"]) == expected["events"]
    if "views" in expected:
        found = {
            item.map: item._asdict() | {"key": _members(item.key), "value": _members(item.value)}
            for item in usage.views
        }
        assert _part(found, expected["views"]) == expected["views"]
    if "attach" in expected:
        assert {item.program: dict(item.defaults) for item in usage.attach} == expected["attach"]
    assert [item.name for item in usage.metrics] == expected.get("metrics", [])
    if "notices" in expected:
        assert len(built.notices) == len(expected["notices"]), built.notices
        assert all(said in notice for said, notice in zip(expected["notices"], built.notices, strict=True))
    for field, value in expected.get("config", {}).items():
        assert getattr(built.config, field) == value
    assert built.facts.license == expected.get("license", "GPL")
    assert PackageConfig.parse(built.config.to_json()) == built.config
    assert loads(built.object)


@pytest.mark.parametrize("name", [name for name in EXPECTED if "error" in _expected(name)])
def test_program_is_refused_with_its_place(name: str, cache: Path) -> None:
    with pytest.raises(BadInput) as caught:
        _build(name, cache)
    assert _expected(name)["error"] in str(caught.value)


def _event(kind: CType) -> dict[str, Any]:
    return {
        "struct": kind.name,
        "size": kind.size,
        "members": {item.name: item.type.kind for item in kind.members},
        "show": {item.name: item.show for item in kind.members if item.show},
        "help": {item.name: item.help for item in kind.members if item.help},
    }


def _members(kind: CType) -> list[str]:
    return [item.name for item in kind.members]


def _part(found: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """What was found of all things that are expected; what is there besides stays, so that it is seen."""
    return {
        name: {field: value for field, value in facts.items() if field in expected[name]} if name in expected else facts
        for name, facts in found.items()
    }
