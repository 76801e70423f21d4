"""The OpenAPI 3.1 document, made of operations: parameters, bodies and answers are the JSON Schemas of their types."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from ...schemas import media
from ..accounts.rights import READING
from .operation import Operation

_REFERENCE = "#/components/schemas/{name}"
_ABOUT = (
    "What a hub tells about packages, for programs. It is not evidence: clients check logs, signatures and digests by "
    "themselves. Errors are problem documents (RFC 9457)."
)
_CREDENTIALS = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of `ebpfhub token create`."},
    "password": {"type": "http", "scheme": "basic", "description": "Any user name, and the token as password."},
}


_REFUSALS = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)  # of every operation: the guard's


class Problem(Struct, frozen=True):
    """An error (RFC 9457), with members of ours: `kind`, `todo` and `check`."""

    type: Annotated[str, Meta(description="Always about:blank.")]
    title: Annotated[str, Meta(description="The status in words.")]
    status: Annotated[int, Meta(description="The HTTP status.")]
    detail: Annotated[str, Meta(description="What is wrong, and where.")]
    kind: Annotated[str, Meta(description="Whose fault it is: bad-input, not-found, denied, …")]
    todo: Annotated[str, Meta(description="What to do about it.")] = ""
    check: Annotated[str, Meta(description="The check of trust that failed.")] = ""


def make_document(operations: Sequence[Operation], own_path: str) -> dict[str, Any]:
    """The document, in the order of the operations. Raises: ValueError for something without a description."""
    from importlib.metadata import version  # a large module, and few ask for the document

    types = [kind for item in operations for kind in (item.query, item.body, item.result) if kind is not None]
    _, schemas = msgspec.json.schema_components([*types, Problem], ref_template=_REFERENCE)
    _check_described(schemas)
    queries = {item.query.__name__: schemas[item.query.__name__] for item in operations if item.query}
    for name in queries.keys() - {item.body.__name__ for item in operations if item.body}:
        del schemas[name]
    paths: dict[str, Any] = {}
    for item in operations:
        paths.setdefault(item.path, {})[item.method.lower()] = _operation(item, queries)
    paths[own_path] = {"get": _own()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "eBPF Hub", "version": version("ebpfhub"), "description": _ABOUT},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": _CREDENTIALS},
    }


def _operation(item: Operation, queries: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": item.name, "summary": item.summary, "description": item.description}
    if item.query is not None:
        described = queries[item.query.__name__]
        needed = described.get("required", ())
        made["parameters"] = [
            _parameter(name, schema, item.path, required=name in needed)
            for name, schema in described["properties"].items()
        ]
    if item.body is not None:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": _referred(item.body)}}}
    made["description"] += f"\n\nNeeds: {item.needs}."
    if item.needs is READING:  # on an open hub nobody needs a login
        made["security"] = [{}, *({name: []} for name in _CREDENTIALS)]
    else:
        made["security"] = [{name: []} for name in _CREDENTIALS]
    made["responses"] = _responses(item)
    return made


def _parameter(name: str, schema: dict[str, Any], path: str, *, required: bool) -> dict[str, Any]:
    """A parameter of the query, or of the path; that one of the query may be missing stands for null."""
    (kind, *_) = [item for item in schema.get("anyOf", [schema]) if item.get("type") != "null"]
    unsaid = ("description", *(["default"] if not schema.get("default") else []))
    bare = {key: value for key, value in kind.items() if key not in unsaid}
    place = {"in": "path", "required": True} if f"{{{name}}}" in path else {"in": "query", "required": required}
    return {"name": name, **place, "description": schema["description"], "schema": bare}


def _responses(item: Operation) -> dict[str, Any]:
    made = {str(int(item.status)): _content("The answer.", "application/json", _referred(item.result))}
    if item.method == "GET" and not item.private:
        made["304"] = {"description": "The client has it already (If-None-Match)."}
    for status in sorted({*item.refusals, *_REFUSALS}):
        made[str(int(status))] = _content(status.phrase, media.PROBLEM, _referred(Problem))
    return made


def _own() -> dict[str, Any]:
    """The operation that answers with the document itself."""
    return {
        "operationId": "openapi",
        "summary": "This document.",
        "description": "It is made of the code that answers the requests.",
        "responses": {
            "200": _content("The document.", "application/json", {"type": "object"}),
            "304": {"description": "The client has it already (If-None-Match)."},
        },
    }


def _content(description: str, kind: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {kind: {"schema": schema}}}


def _referred(kind: type) -> dict[str, str]:
    return {"$ref": _REFERENCE.format(name=kind.__name__)}


def _check_described(schemas: dict[str, Any]) -> None:
    for name, schema in schemas.items():
        missing = [key for key, value in schema.get("properties", {}).items() if not value.get("description")]
        if missing or not schema.get("description"):
            raise ValueError(f"{name} has no description of {missing or 'itself'}")
