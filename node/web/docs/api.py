"""The reference of the HTTP API as values for pages, taken out of the OpenAPI document that the code makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

_SCHEMAS = "#/components/schemas/"
_SAMPLES = {"namespace": "library", "name": "opensnoop"}


class Member(NamedTuple):
    """A parameter or a field: its type in short, the types that this names, whether it must be there."""

    name: str
    kind: str
    refers: tuple[str, ...]
    required: bool
    note: str
    place: str = ""


class ObjectType(NamedTuple):
    """A type of a body or an answer."""

    name: str
    note: str
    members: tuple[Member, ...]


class Reply(NamedTuple):
    """An answer: its status, what it is, and its type's name, if it has one."""

    status: str
    note: str
    type: str


@dataclass(frozen=True, slots=True)
class Described:
    """One operation, with all types that it names."""

    name: str
    method: str
    path: str
    summary: str
    description: str
    parameters: tuple[Member, ...]
    body: str
    replies: tuple[Reply, ...]
    types: tuple[ObjectType, ...]

    @property
    def sample(self) -> str:
        """The path with names in place of its parameters."""
        return self.path.format_map(_SAMPLES | {item.name: _SAMPLES.get(item.name, "x") for item in self.parameters})


def described_operations(document: Mapping[str, Any]) -> tuple[Described, ...]:
    """All operations of a document, in its order."""
    schemas = document["components"]["schemas"]
    return tuple(
        _operation(method.upper(), path, item, schemas)
        for path, methods in document["paths"].items()
        for method, item in methods.items()
    )


def _operation(method: str, path: str, item: Mapping[str, Any], schemas: Mapping[str, Any]) -> Described:
    parameters = tuple(_parameter(found) for found in item.get("parameters", ()))
    body = _content(item["requestBody"]) if "requestBody" in item else ""
    replies = tuple(Reply(status, told["description"], _content(told)) for status, told in item["responses"].items())
    named = [body, *(reply.type for reply in replies), *(name for found in parameters for name in found.refers)]
    return Described(
        *(item["operationId"], method, path, item["summary"], item["description"], parameters, body, replies),
        tuple(_types([name for name in named if name], schemas)),
    )


def _parameter(item: Mapping[str, Any]) -> Member:
    kind, refers = _kind(item["schema"])
    return Member(item["name"], kind, refers, item["required"], item["description"], item["in"])


def _content(item: Mapping[str, Any]) -> str:
    for told in item.get("content", {}).values():
        return str(told["schema"].get("$ref", "")).removeprefix(_SCHEMAS)
    return ""


def _types(names: Sequence[str], schemas: Mapping[str, Any]) -> Iterator[ObjectType]:
    """The named types, and those that these name, each once."""
    seen, waiting = set(names), list(dict.fromkeys(names))
    while waiting:
        name = waiting.pop(0)
        schema = schemas[name]
        required = schema.get("required", ())
        members = tuple(_member(key, value, key in required) for key, value in schema.get("properties", {}).items())
        yield ObjectType(name, schema.get("description", ""), members or _values(schema))
        found = [refer for member in members for refer in member.refers if refer not in seen]
        seen.update(found)
        waiting += dict.fromkeys(found)


def _member(name: str, schema: Mapping[str, Any], required: bool) -> Member:
    kind, refers = _kind(schema)
    return Member(name, kind, refers, required, schema.get("description", ""))


def _values(schema: Mapping[str, Any]) -> tuple[Member, ...]:
    return tuple(Member(str(value), "value", (), False, "") for value in schema.get("enum", ()))


def _kind(schema: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """A schema in short: `list of Package`, `integer, 1 to 100`, `text or null`; and the types that it names."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_SCHEMAS)
        return name, (name,)
    if "anyOf" in schema:
        kinds = [_kind(item) for item in schema["anyOf"]]
        return " or ".join(kind for kind, _ in kinds), tuple(name for _, names in kinds for name in names)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"])), ()
    if schema.get("type") == "array":
        kind, names = _kind(schema.get("items", {}))
        return f"list of {kind}", names
    return ", ".join(filter(None, (schema.get("type", "anything"), _bounds(schema)))), ()


def _bounds(schema: Mapping[str, Any]) -> str:
    if "maximum" in schema:
        return f"{schema.get('minimum', 0)} to {schema['maximum']}"
    return f"at most {schema['maxLength']} characters" if "maxLength" in schema else ""
