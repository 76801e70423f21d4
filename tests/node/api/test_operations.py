"""One description for routes and document: nothing of the API is served that is not described, typed and bounded."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPMethod
from typing import Annotated, Any

import pytest
from aiohttp import web
from ebpfhub.node.accounts.rights import READING
from ebpfhub.node.api.document import make_document
from ebpfhub.node.api.operation import PREFIX, Operation
from ebpfhub.node.app import make_app
from ebpfhub.node.folder import HubFolder
from ebpfhub.node.hub.operations import OPERATIONS
from ebpfhub.node.initialise import initialise
from ebpfhub.node.opened import OpenedHub
from ebpfhub.node.settings import Settings
from msgspec import Meta, Struct

URL = "http://127.0.0.1:8801"


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenedHub]:
    folder = HubFolder(tmp_path_factory.mktemp("hub") / "hub")
    initialise(folder, Settings("hub.test", "127.0.0.1:8801", URL, True, True, f"{URL}/sigstore/oidc"))
    made = OpenedHub.open(folder)
    yield made
    made.close()


class Good(Struct, frozen=True):
    """A type whose fields are described."""

    size: Annotated[int, Meta(description="How large.")] = 0


class Silent(Struct, frozen=True):
    """A type that keeps something to itself."""

    size: int = 0


async def described(_request: web.Request, _given: Any) -> Good:
    """Do something.

    At length.
    """
    return Good()


async def short(_request: web.Request, _given: Any) -> Good:
    """Do something."""
    return Good()


async def test_every_route_of_the_api_is_an_operation_of_the_document(opened: OpenedHub) -> None:
    served = {
        (route.method.lower(), route.resource.canonical)
        for route in make_app(opened).router.routes()
        if route.resource and route.resource.canonical.startswith(PREFIX) and route.method != "HEAD"
    }
    document = make_document(OPERATIONS, f"{PREFIX}openapi.json")
    assert {(method, path) for path, methods in document["paths"].items() for method in methods} == served


def test_every_parameter_and_answer_is_described_and_bounded() -> None:
    document = make_document(OPERATIONS, f"{PREFIX}openapi.json")
    for methods in document["paths"].values():
        for operation in methods.values():
            assert operation["summary"] and operation["description"]
            assert all(answer["description"] for answer in operation["responses"].values())
            for parameter in operation.get("parameters", []):
                schema = parameter["schema"]
                assert parameter["description"]
                bounds = {"maxLength", "maxItems", "maximum", "pattern", "$ref", "enum"}
                assert bounds & schema.keys() or schema["type"] == "boolean", parameter["name"]


@pytest.mark.parametrize(("handler", "path"), [(short, "/api/v1/a"), (described, "/api/v2/a")])
def test_operation_without_a_description_or_out_of_place_cannot_be_made(handler: Any, path: str) -> None:
    with pytest.raises(ValueError, match=r"docstring|not below"):
        Operation(method=HTTPMethod.GET, path=path, needs=READING, handler=handler, result=Good)


@pytest.mark.parametrize("place", ["query", "result", "body"])
def test_type_with_an_undescribed_field_is_refused(place: str) -> None:
    types: dict[str, Any] = {"result": Good, place: Silent}
    operation = Operation(method=HTTPMethod.POST, path="/api/v1/a", needs=READING, handler=described, **types)
    with pytest.raises(ValueError, match=r"Silent has no description of \['size'\]"):
        make_document([operation], "/api/v1/openapi.json")
