"""The published JSON Schema of package configs says what the code says."""

import json
from pathlib import Path

import jsonschema
import pytest
from ebpfhub.schemas.c_type import ARRAY, ENUM, INTEGER, STRUCT, CType, Member
from ebpfhub.schemas.errors import BadInput
from ebpfhub.schemas.example import Example
from ebpfhub.schemas.package import PackageConfig
from ebpfhub.schemas.program import EventStream, Option, Usage

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas" / "package-config.schema.json").read_text())
INT = CType(INTEGER, 4, "int", signed=True)
EVENT = CType(
    STRUCT,
    12,
    "event",
    members=(Member("pid", 0, INT, "Process"), Member("parts", 4, CType(ARRAY, 8, length=2, item=INT))),
)
EXAMPLE = Example(
    "ecli run opensnoop", "cat /etc/passwd", "PID COMM\n  7 cat", "Linux 6.1.0", "amd64", 1, f"sha256:{'0' * 64}"
)
CONFIG = PackageConfig(
    *("library", "opensnoop", "1.0.0-rc.1", "Traces files", "GPL-2.0", ("A",), "https://example.org", ("files",)),
    Usage(
        (Option("mode", "mode", "m", "How", ".rodata", 0, CType(ENUM, 4, "mode", values=(("FAST", 1),)), 1),),
        (EventStream("events", "ringbuf", EVENT),),
    ),
    example=EXAMPLE,
)


def test_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_what_we_write_fits_the_schema() -> None:
    jsonschema.validate(json.loads(CONFIG.to_json()), SCHEMA)


@pytest.mark.parametrize(
    "change",
    [
        {"schemaVersion": 2},
        {"namespace": "with.dot"},
        {"name": "Upper"},
        {"version": "1.0"},
        {"keywords": ["x" * 65]},
        {"example": EXAMPLE.to_json() | {"output": "x" * 4097}},
        {"example": EXAMPLE.to_json() | {"object": "sha256:0"}},
        {"events": [{"map": "events", "transport": "pipe", "type": {"kind": "integer", "size": 4}}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_schema_refuses_what_the_parser_refuses(change: dict[str, object]) -> None:
    document = json.loads(CONFIG.to_json()) | change
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, SCHEMA)
    with pytest.raises(Exception, match=next(iter(change))):
        PackageConfig.parse(json.dumps(document).encode())


@pytest.mark.parametrize("output", ["\n" * 24, "x" * 241, "\x1b[2J", "a\u202eb", "a\r\nb"])
def test_recorded_output_that_is_too_much_or_does_not_print_is_refused(output: str) -> None:
    document = json.loads(CONFIG.to_json())
    document["example"]["output"] = output
    with pytest.raises(BadInput, match="example"):
        PackageConfig.parse(json.dumps(document).encode())


def test_recorded_output_reads_back_as_it_was_written() -> None:
    assert PackageConfig.parse(CONFIG.to_json()) == CONFIG
