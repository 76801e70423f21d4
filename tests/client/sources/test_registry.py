"""oci:// against real registries: layouts of others, image indexes, logins of each kind, and servers that lie."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from ebpfhub.client.credentials import Credentials
from ebpfhub.client.home import Home
from ebpfhub.client.sources.docker_login import Login
from ebpfhub.client.sources.found import Found, find, program_of
from ebpfhub.client.sources.image import Choice, choose
from ebpfhub.client.sources.registry import ImageReference
from ebpfhub.client.sources.registry_login import Challenge, challenges
from ebpfhub.client.sources.sniff import Kind
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import compress
from ebpfhub.schemas.errors import BadInput, Denied, HubError, NotFound, NotTrusted, PeerFailed
from ebpfhub.schemas.oci import Descriptor
from ebpfhub.schemas.package import PackageConfig
from hypothesis import given
from hypothesis import strategies as st

from ...node.registry.composition import compose
from ...node.registry.server import Server
from ...schemas.eunomia_packages import compiled, package, tar
from .places import files, index, layout, manifest, redirect, serving, sha256

WASM = b"\0asm\1\0\0\0"
OTHER = b"\0asm\1\0\0\0\0\1\0"
UPSTREAM = "application/vnd.wasm.content.layer.v1+wasm"
MACHINE = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
TOKEN = "alice-token"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("registry"), "--plain") as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A user without any login."""
    monkeypatch.setenv("ECLI_HOME", str(tmp_path / "ecli"))
    return Home.find()


def push(server: Server, repository: str, tag: str, top: bytes, *blobs: bytes) -> None:
    """Push blobs, and a manifest or index under a tag or digest."""
    for blob in blobs:
        server.push(repository, blob, token=TOKEN)
    kind = json.loads(top)["mediaType"]
    done = server.ask("PUT", f"/v2/{repository}/manifests/{tag}", top, token=TOKEN, Content_Type=kind)
    assert done.status == 201, done.body


def pull(address: str, path: str, **environment: str) -> Found:
    return find(f"oci://{address}/{path}", environment=environment, stdin=io.BytesIO())


@pytest.mark.parametrize(
    ("layer", "data", "kind"),
    [
        (UPSTREAM, WASM, Kind.WASM),
        ("application/wasm", WASM, Kind.WASM),
        ("application/json", package(), Kind.JSON),
        ("application/x-tar", tar(("package.json", package())), Kind.TAR),
        ("application/octet-stream", compiled(), Kind.OBJECT),
    ],
)
def test_artifacts_of_one_file_are_run(server: Server, layer: str, data: bytes, kind: Kind) -> None:
    name = f"plain/one/{kind.name.lower()}"
    made = manifest((layer, data))
    push(server, name, "v1", made, b"{}", data)
    found = pull(server.address, f"{name}:v1")
    assert (found.kind, found.data, found.outside, found.image) == (kind, data, True, sha256(made))
    program = program_of(found)
    assert (program.wasm or program.bpf_object) == (data if kind in (Kind.WASM, Kind.OBJECT) else compiled())
    assert program.outside and f"oci://{server.address}/{name}:v1" in program.choice
    assert pull(server.address, f"{name}@{sha256(made)}").data == data


def test_what_upstreams_ecli_pushed_is_run(server: Server) -> None:
    config = ("application/vnd.wasm.config.v1+json", b"{}")
    made = manifest((UPSTREAM, WASM), config=config, annotations={"org.opencontainers.image.title": "app.wasm"})
    push(server, "plain/up/app", "latest", made, b"{}", WASM)
    assert pull(server.address, "plain/up/app").data == WASM


def test_the_wasm_layer_is_taken_of_several(server: Server) -> None:
    push(server, "plain/two/app", "v1", manifest(("text/plain", b"read me"), (UPSTREAM, WASM)), b"{}", b"read me", WASM)
    assert pull(server.address, "plain/two/app:v1").data == WASM
    push(server, "plain/two/app", "v2", manifest(("text/plain", b"read me"), ("a/b", WASM)), b"{}")
    with pytest.raises(BadInput, match="none of them is a program"):
        pull(server.address, "plain/two/app:v2")


def test_our_own_package_comes_with_its_config_and_object(server: Server) -> None:
    config, packed = PackageConfig("team", "kill", "1.0.0").to_json(), compress(compiled())
    layers = ((media.BPF_OBJECT, packed), (media.WASM, WASM))
    made = manifest(*layers, config=(media.PACKAGE_CONFIG, config), artifactType=media.PACKAGE)
    push(server, "plain/team/kill", "v1", made, config, packed, WASM)
    found = pull(server.address, "plain/team/kill:v1")
    assert found.kind is Kind.CONTENTS and found.contents is not None and found.contents.manifest.raw == made
    program = program_of(found)
    assert (program.config.package, program.bpf_object, program.wasm) == ("team/kill", compiled(), WASM)


def test_an_image_for_many_machines_gives_this_one_s(server: Server) -> None:
    mine, others = manifest((UPSTREAM, WASM)), manifest((UPSTREAM, OTHER))
    for image in (mine, others):
        push(server, "plain/many/app", sha256(image), image, b"{}", WASM, OTHER)
    push(server, "plain/many/app", "v1", index(("linux/s390x", others), (f"linux/{MACHINE}", mine)))
    assert pull(server.address, "plain/many/app:v1").data == WASM
    push(server, "plain/many/app", "v2", index(("linux/s390x", others), ("wasip1/wasm", mine)))
    assert pull(server.address, "plain/many/app:v2").data == WASM
    push(server, "plain/many/app", "v3", index(("linux/s390x", others), ("windows/amd64", mine)))
    with pytest.raises(NotFound, match="s390x"):
        pull(server.address, "plain/many/app:v3")


def test_skopeo_copies_what_is_pulled_then(server: Server, tmp_path: Path) -> None:
    assert shutil.which("skopeo"), "this test needs skopeo (Debian package skopeo)"
    image = manifest((UPSTREAM, WASM))
    held = layout(index((f"linux/{MACHINE}", image)), image, b"{}", WASM)
    for name, data in held.items():
        (tmp_path / "image" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "image" / name).write_bytes(data)
    copy = ["skopeo", "--insecure-policy", "copy"]
    target = f"docker://{server.address}/plain/sk/app:v1"
    login = ["--dest-tls-verify=false", "--dest-creds", f"me:{TOKEN}"]
    subprocess.run([*copy, *login, f"oci:{tmp_path}/image", target], check=True, capture_output=True, timeout=60)
    assert pull(server.address, "plain/sk/app:v1").data == WASM
    archive = f"oci-archive:{tmp_path}/x.tar"
    subprocess.run([*copy, "--src-tls-verify=false", target, archive], check=True, capture_output=True, timeout=60)
    assert find(str(tmp_path / "x.tar"), environment={}, stdin=io.BytesIO()).data == WASM


def test_what_a_registry_does_not_have_is_said(server: Server) -> None:
    with pytest.raises(NotFound):
        pull(server.address, "plain/no/thing:v1")
    with pytest.raises(HubError):
        pull("127.0.0.1:1", "plain/no/thing:v1")


def test_a_registry_that_gives_other_bytes_is_caught() -> None:
    image = manifest((UPSTREAM, WASM))
    blob = f"/v2/a/b/blobs/{sha256(WASM)}"
    with files({"/v2/a/b/manifests/latest": image, blob: WASM[:-1] + b"\7"}) as url, pytest.raises(NotTrusted):
        pull(url[7:], "a/b")
    with files({f"/v2/a/b/manifests/{sha256(b'x')}": image, blob: WASM}) as url, pytest.raises(NotTrusted):
        pull(url[7:], f"a/b@{sha256(b'x')}")
    two = index((f"linux/{MACHINE}", image))
    wrong = {"/v2/a/b/manifests/latest": two, f"/v2/a/b/manifests/{sha256(image)}": image.replace(b"2", b"3")}
    with files(wrong) as url, pytest.raises(NotTrusted):
        pull(url[7:], "a/b")


@pytest.mark.parametrize("top", [b"", b"[]", b"{}", b'{"manifests":[]}', b'{"mediaType":"x"}', b'{"layers":[]}'])
def test_manifests_that_are_none_are_refused(top: bytes) -> None:
    with files({"/v2/a/b/manifests/latest": top}) as url, pytest.raises((BadInput, NotFound)):
        pull(url[7:], "a/b")


def test_an_index_in_itself_is_given_up() -> None:
    inner = index(("", b"x"))
    held: dict[str, Any] = {}
    for _ in range(6):
        held[f"/v2/a/b/manifests/{sha256(inner)}"] = inner
        inner = index(("", inner))
    with files(held | {"/v2/a/b/manifests/latest": inner}) as url, pytest.raises(BadInput, match="nests"):
        pull(url[7:], "a/b")


def test_blobs_may_lie_elsewhere_and_no_credentials_go_there() -> None:
    heard: list[str] = []

    async def blob(request: web.Request) -> web.StreamResponse:
        heard.append(request.headers.get("Authorization", "nobody"))
        return web.Response(body=WASM)

    with files({"/store": blob}) as store:
        held: dict[str, Any] = {
            "/v2/a/b/manifests/latest": manifest((UPSTREAM, WASM)),
            f"/v2/a/b/blobs/{sha256(WASM)}": redirect(f"{store}/store"),
        }
        with serving(_guarded(held, "Basic realm=x", _basic("me", "secret"))) as url:
            assert pull(url[7:], "a/b", **_docker(url[7:], {"auth": _basic("me", "secret")[6:]})).data == WASM
    assert heard == ["nobody"]


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


_FOLDERS: list[Path] = []


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where `docker login` keeps what it knows."""
    _FOLDERS.append(tmp_path)
    yield tmp_path
    _FOLDERS.pop()


def _docker(registry: str, login: dict[str, str] | None = None, **more: Any) -> dict[str, str]:
    """The environment of a user of docker who has this configuration."""
    config = {"auths": {registry: login} if login else {}} | more
    (_FOLDERS[-1] / "config.json").write_text(json.dumps(config))
    return {"DOCKER_CONFIG": str(_FOLDERS[-1]), "PATH": f"{_FOLDERS[-1]}:{os.environ['PATH']}"}


def _guarded(held: dict[str, Any], challenge: str, wanted: str) -> web.Application:
    """A registry that answers 401 with this challenge until it is shown what it wants."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != wanted:
            return web.Response(status=401, headers={"WWW-Authenticate": challenge})
        found = held.get(request.path)
        if found is None:
            return web.Response(status=404)
        return web.Response(body=found) if isinstance(found, bytes) else await found(request)

    app = web.Application()
    app.router.add_get("/v2/{path:.*}", answer)
    return app


IMAGE: dict[str, Any] = {
    "/v2/a/b/manifests/latest": manifest((UPSTREAM, WASM)),
    f"/v2/a/b/blobs/{sha256(WASM)}": WASM,
}


@pytest.fixture
def private(tmp_path: Path) -> Iterator[str]:
    """Our own registry, closed to those without a token, with one image."""
    app, _ = compose(tmp_path / "closed", closed=True)
    with serving(app) as url:
        name, headers = f"{url}/v2/plain/a/b", {"Authorization": f"Bearer {TOKEN}"}
        asyncio.run(_push(name, headers, manifest((UPSTREAM, WASM)), b"{}", WASM))
        yield url


async def _push(name: str, headers: dict[str, str], top: bytes, *blobs: bytes) -> None:
    import aiohttp

    async with aiohttp.ClientSession(headers=headers) as session:
        for blob in blobs:
            async with session.post(f"{name}/blobs/uploads/?digest={sha256(blob)}", data=blob) as answer:
                assert answer.status == 201
        kind = {"Content-Type": media.OCI_MANIFEST}
        async with session.put(f"{name}/manifests/latest", data=top, headers=kind) as answer:
            assert answer.status == 201


def test_a_closed_registry_wants_a_login(private: str) -> None:
    with pytest.raises(Denied, match="login"):
        pull(private[7:], "plain/a/b")
    with pytest.raises(HubError):
        pull(private[7:], "plain/a/b", **_docker(private[7:], {"auth": _basic("me", "wrong")[6:]}))


@pytest.mark.parametrize("key", ["{}", "https://{}", "https://{}/v1/"])
def test_a_login_of_docker_is_used(private: str, key: str) -> None:
    login = {"auth": _basic("me", TOKEN)[6:]}
    assert pull(private[7:], "plain/a/b", **_docker(key.format(private[7:]), login)).data == WASM


def test_a_login_of_ecli_is_used(private: str, home: Home) -> None:
    Credentials(home).put(private, TOKEN)
    assert pull(private[7:], "plain/a/b").data == WASM


@pytest.mark.parametrize("setting", ["credsStore", "credHelpers"])
def test_a_credential_helper_is_asked(private: str, folder: Path, setting: str) -> None:
    helper = folder / "docker-credential-test"
    helper.write_text(
        f'#!/bin/sh\n[ "$1" = get ] && [ "$(cat)" = {private[7:]} ] || exit 1\n'
        f'echo \'{{"ServerURL":"x","Username":"me","Secret":"{TOKEN}"}}\'\n'
    )
    helper.chmod(0o755)
    more: dict[str, Any] = {setting: "test" if setting == "credsStore" else {private[7:]: "test"}}
    assert pull(private[7:], "plain/a/b", **_docker(private[7:], **more)).data == WASM


@pytest.mark.parametrize(
    ("name", "script", "kind"),
    [
        ("missing", None, PeerFailed),
        ("../sh", None, BadInput),
        ("test", "#!/bin/sh\nexit 1\n", Denied),
        ("test", "#!/bin/sh\necho no json\n", BadInput),
    ],
)
def test_a_credential_helper_that_fails_is_told(
    private: str, folder: Path, name: str, script: str | None, kind: type[HubError]
) -> None:
    if script is not None:
        (folder / f"docker-credential-{name}").write_text(script)
        (folder / f"docker-credential-{name}").chmod(0o755)
    with pytest.raises(kind):
        pull(private[7:], "plain/a/b", **_docker(private[7:], credsStore=name))


def _token_server(check: Callable[[web.Request, dict[str, str]], bool], heard: list[dict[str, str]]) -> web.Application:
    """A registry with a token server, as Docker's token specification has them."""
    app = web.Application()

    async def token(request: web.Request) -> web.Response:
        asked = dict(request.query) | {key: str(value) for key, value in (await request.post()).items()}
        heard.append(asked)
        if not check(request, asked):
            return web.Response(status=401)
        return web.json_response({"token" if request.method == "GET" else "access_token": "good.token"})

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.headers.get("Authorization") != "Bearer good.token":
            realm = f'Bearer realm="http://{request.host}/auth/token",service="the, \\"service\\""'
            return web.Response(
                status=401, headers={"WWW-Authenticate": f'Basic realm="x", {realm},scope="repository:a/b:pull"'}
            )
        return web.Response(body=IMAGE[request.path])

    app.router.add_route("*", "/auth/token", token)
    app.router.add_get("/v2/{path:.*}", answer)
    return app


def test_a_token_is_got_for_nobody() -> None:
    heard: list[dict[str, str]] = []
    with serving(_token_server(lambda request, _: "Authorization" not in request.headers, heard)) as url:
        assert pull(url[7:], "a/b").data == WASM
    assert heard == [{"service": 'the, "service"', "scope": "repository:a/b:pull"}]


def test_a_token_is_got_with_a_login() -> None:
    with serving(_token_server(lambda it, _: it.headers.get("Authorization") == _basic("me", "secret"), [])) as url:
        login = {"auth": _basic("me", "secret")[6:]}
        assert pull(url[7:], "a/b", **_docker(url[7:], login)).data == WASM
        with pytest.raises(Denied, match="does not take this login"):
            pull(url[7:], "a/b", **_docker(url[7:], {"auth": _basic("me", "wrong")[6:]}))


def test_a_token_is_got_with_an_identity_token() -> None:
    heard: list[dict[str, str]] = []
    with serving(_token_server(lambda _, asked: asked.get("refresh_token") == "mine", heard)) as url:
        login = {"auth": _basic("me", "")[6:], "identitytoken": "mine"}
        assert pull(url[7:], "a/b", **_docker(url[7:], login)).data == WASM
    assert (heard[0]["grant_type"], heard[0]["scope"]) == ("refresh_token", "repository:a/b:pull")


@pytest.mark.parametrize("realm", ["http://example.org/token", "file:///etc/passwd", ""])
def test_a_token_server_in_the_clear_is_not_asked(realm: str) -> None:
    challenge = f'Bearer realm="{realm}",service="x"'
    with serving(_guarded(IMAGE, challenge, "Bearer x")) as url, pytest.raises(PeerFailed, match="token server"):
        pull(url[7:], "a/b", **_docker(url[7:], {"auth": _basic("me", "secret")[6:]}))


def test_secrets_are_not_shown() -> None:
    assert "secret" not in repr(Login("me", "secret", "secret", "secret"))


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ('Basic realm="x"', [Challenge("basic", "x")]),
        ("BASIC realm=x", [Challenge("basic", "x")]),
        (
            'Bearer realm="https://a/t",service=s,scope="repository:a:pull,push"',
            [Challenge("bearer", "https://a/t", "s", "repository:a:pull,push")],
        ),
        ('Negotiate, Basic realm="x"', [Challenge("basic", "x")]),
        ('Bearer realm="a" , Basic realm = "b"', [Challenge("bearer", "a"), Challenge("basic", "b")]),
        ("", []),
        ("=,=", []),
    ],
)
def test_challenges_are_read(header: str, read: list[Challenge]) -> None:
    assert list(challenges(header)) == read


@given(st.text(alphabet='Bearl ,="\\\t/x', max_size=300))
def test_hostile_challenges_are_read_without_harm(header: str) -> None:
    assert all(item.scheme in ("basic", "bearer") for item in challenges(header))


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("oci://ghcr.io/team/app", "https://ghcr.io/v2/team/app"),
        ("oci://docker.io/app:v1", "https://registry-1.docker.io/v2/library/app"),
        ("oci://localhost:5000/app:v1", "http://localhost:5000/v2/app"),
        ("oci://[::1]:5000/app", "http://[::1]:5000/v2/app"),
        ("oci://localhost.example.org/app", "https://localhost.example.org/v2/app"),
    ],
)
def test_registries_are_asked_by_https_but_for_those_of_this_machine(text: str, url: str) -> None:
    assert ImageReference.parse(text).url == url


@pytest.mark.parametrize(
    "text",
    [
        "oci://",
        "oci://host",
        "oci://host/",
        "oci://host/UPPER",
        "oci://u:p@host/a",
        "oci://host/a:",
        "oci://host/a@sha256:1",
        "oci://ho st/a",
        "oci://host/../a",
    ],
)
def test_names_that_are_no_images_are_refused(text: str) -> None:
    with pytest.raises(BadInput):
        ImageReference.parse(text)


def test_an_attestation_is_not_taken_for_a_program() -> None:
    items = [
        Choice(Descriptor.of("x", bytes([at])), *target)
        for at, target in enumerate([("unknown", "unknown"), ("linux", "arm64")])
    ]
    assert choose(tuple(items), where="x", machine="arm64") == items[1].descriptor
    with pytest.raises(NotFound):
        choose(tuple(items[:1]), where="x", machine="arm64")
