"""docs/protocol.md says what the code does: examples, limits, routes, checks, error kinds."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import ebpfhub
import pytest
from ebpfhub.node.app import make_app
from ebpfhub.node.errors import status_of
from ebpfhub.node.folder import HubFolder
from ebpfhub.node.initialise import initialise
from ebpfhub.node.opened import OpenedHub
from ebpfhub.node.registry.names import Target, take_apart
from ebpfhub.node.settings import Settings
from ebpfhub.schemas import errors, media
from ebpfhub.schemas.record import State

from .documents import blocks, table
from .protocol_limits import limits_table
from .protocol_vectors import DOCUMENT, VECTORS

URL = "http://127.0.0.1:8801"
ROOT = Path(ebpfhub.__path__[0])
LAYERS = ("schemas", "signing", "federation", "node", "client")


@pytest.fixture(scope="module")
def text() -> str:
    return DOCUMENT.read_text()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[OpenedHub]:
    """A new hub with everything turned on."""
    folder = HubFolder(tmp_path / "hub")
    initialise(folder, Settings("hub.test", "127.0.0.1:8801", URL, True, True, f"{URL}/sigstore/oidc"))
    opened = OpenedHub.open(folder)
    yield opened
    opened.close()


@pytest.mark.parametrize("name", VECTORS)
def test_worked_example_is_what_the_code_computes(name: str, text: str) -> None:
    assert blocks(text)[name] == VECTORS[name](), "python -P -m ebpfhub.tests.protocol_vectors writes it anew"


def test_every_marked_block_is_computed(text: str) -> None:
    assert blocks(text).keys() == VECTORS.keys() | {"limits"}


def test_limits_are_those_of_the_code(text: str) -> None:
    assert blocks(text)["limits"] == limits_table()


async def test_every_route_is_documented_and_every_documented_route_is_there(text: str, hub: OpenedHub) -> None:
    routes = {(route.method, route.resource.canonical) for route in make_app(hub).router.routes() if route.resource}
    served = {(method, path) for method, path in routes if method != "HEAD" or ("GET", path) not in routes}
    documented = [(row[0], row[1]) for row in table(text, first="method")]
    assert sorted(documented) == sorted(served)


def test_every_operation_of_the_registry_is_documented(text: str) -> None:
    rows = {row[0]: row[1].split(", ") for row in table(text, first="operation")}
    assert rows.pop("/v2/") == ["GET", "HEAD"]
    assert rows.pop("/v2/token") == ["GET"]
    found = {}
    for path, methods in rows.items():
        tail = path.removeprefix("/v2/").replace("<name>", "library/opensnoop")
        found[take_apart(re.sub(r"<[a-z]+>", "x", tail)).target] = methods
    assert found == _operations()


def test_every_check_that_can_fail_is_documented(text: str) -> None:
    documented = {name for row in table(text, first="step") for name in row[1].split(", ")} - {"(form)"}
    told = documented | {"receipt", "kept"}
    assert told == _checks() | {state.value for state in State if state is not State.RELEASED}
    assert "(check `receipt`)" in text


def test_every_kind_of_error_is_documented_with_its_status(text: str) -> None:
    documented = {row[0]: int(row[1]) for row in table(text[text.index("| kind | status |") :], first="kind")}
    assert documented == {kind: int(status_of(error)) for kind, error in _kinds().items()}


@pytest.mark.parametrize(
    "name", sorted({*media.LAYERS, *media.TYPES_LAYERS, *media.RELEASES, media.PACKAGE_CONFIG, media.INDEX_ANSWER})
)
def test_media_type_is_documented(name: str, text: str) -> None:
    assert name in text


def _operations() -> dict[Target, list[str]]:
    """The methods of every target, read from the registry's table in the order in which it names them."""
    source = (ROOT / "node" / "registry" / "routes.py").read_text()
    made: dict[Target, list[str]] = {}
    for target, method in re.findall(r"\(Target\.([A-Z_]+), \"([A-Z]+)\"\)", source):
        made.setdefault(Target[target], []).append(method)
    return made


def _checks() -> set[str]:
    """Names given to NotTrusted anywhere: as `check=`, and by the two functions of proofs that take them in place."""
    found: set[str] = set()
    for layer in LAYERS:
        for path in (ROOT / layer).rglob("*.py"):
            found |= _checks_of(ast.parse(path.read_text()))
    return found


def _checks_of(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [item.value for item in node.keywords if item.arg == "check"]
            failed = isinstance(node.func, ast.Name) and node.func.id == "_failed" and len(node.args) == 2
            given += node.args[1:] if failed else []
            found |= {str(item.value) for item in given if isinstance(item, ast.Constant) and item.value}
    return found


def _kinds() -> dict[str, errors.HubError]:
    kinds = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, errors.HubError)]
    return {kind.kind: kind("x") for kind in kinds}
