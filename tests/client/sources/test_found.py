"""Files, pipes, URLs and static servers: what is found there is told by its bytes, bounded, and named by its place."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from ebpfhub.client.sources import found as finding
from ebpfhub.client.sources.found import Found, find, names_source, program_of
from ebpfhub.client.sources.repository import HubAddress, StaticPrefix, repository
from ebpfhub.client.sources.sniff import Kind
from ebpfhub.client.sources.web import redirected
from ebpfhub.schemas.errors import BadInput, Denied, HubError, NotFound, NotTrusted, PeerFailed

from ...schemas.eunomia_packages import META, changed, compiled, package, tar
from .places import files, index, layout, manifest, redirect, sha256, status

WASM = b"\0asm\1\0\0\0"
BTF = b"\x9f\xeb\x01\0some types"
KINDS = {"json": package(), "wasm": WASM, "o": compiled(), "tar": tar(("package.json", package()))}
PROGRAMS = [("json", Kind.JSON), ("wasm", Kind.WASM), ("o", Kind.OBJECT), ("tar", Kind.TAR)]


def get(target: str, stdin: bytes = b"", **more: Any) -> Found:
    return find(target, environment={}, stdin=io.BytesIO(stdin), **more)


@pytest.mark.parametrize(
    "target",
    ["./x", "../x", "/x", "x.json", "x.wasm", "x.tar", "x.o", "x.bpf", "-", "https://a/b", "oci://a/b", "ftp://x"],
)
def test_paths_and_addresses_are_no_names(target: str) -> None:
    assert names_source(target)


def test_a_file_never_stands_in_for_a_package_of_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "opensnoop").write_bytes(WASM)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "program").write_bytes(WASM)
    assert not names_source("opensnoop")
    assert not names_source("opensnoop:latest")
    assert not names_source("library/opensnoop")
    assert names_source("folder/program")


@pytest.mark.parametrize(("ending", "kind"), PROGRAMS)
def test_a_file_is_what_its_bytes_are_whatever_it_is_called(tmp_path: Path, ending: str, kind: Kind) -> None:
    path = tmp_path / "Some Program"
    path.write_bytes(KINDS[ending])
    found = get(str(path))
    assert (found.kind, found.place, found.outside) == (kind, str(path), False)
    program = program_of(found)
    assert (program.bpf_object, program.wasm) == ((None, WASM) if kind is Kind.WASM else (compiled(), None))
    assert program.config.name == ("eunomia" if kind in (Kind.JSON, Kind.TAR) else "some-program")
    assert str(path) in program.choice and not program.outside


@pytest.mark.parametrize(("ending", "kind"), PROGRAMS)
def test_a_pipe_needs_no_word_on_what_it_brings(ending: str, kind: Kind) -> None:
    found = get("-", KINDS[ending])
    assert (found.kind, found.outside) == (kind, True)
    assert program_of(found).outside


@pytest.mark.parametrize("word", ["json", "jsoneunomia", "JSON"])
def test_the_word_of_older_versions_is_taken(word: str) -> None:
    assert get("-", package(), kind=word).kind is Kind.JSON


@pytest.mark.parametrize("word", ["wasm", "wasmmodule", "tar", "yaml"])
def test_a_wrong_word_is_refused(word: str) -> None:
    with pytest.raises(BadInput):
        get("-", package(), kind=word)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "web page"),
        (b"\n<html>", "web page"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"#!/bin/sh\n", "nothing that ecli can run"),
    ],
)
def test_what_is_no_program_is_named(data: bytes, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        get("-", data)


def test_an_endless_pipe_is_given_up() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            return bytes(1 << 20)

    with pytest.raises(BadInput, match="more than"):
        find("-", environment={}, stdin=Endless())  # type: ignore[arg-type]


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        get(str(tmp_path / "missing.json"))
    with pytest.raises(BadInput, match="folder"):
        get(str(tmp_path))
    with pytest.raises(BadInput):
        get("./nul\0byte")
    with pytest.raises(BadInput, match="no kind of address"):
        get("ftp://example.org/x.json")


def test_a_package_file_is_left_to_who_can_verify_it() -> None:
    found = get("-", b"\x28\xb5\x2f\xfd rest")
    assert found.kind is Kind.PACKAGE_FILE
    with pytest.raises(BadInput):
        program_of(found)


def test_defaults_of_a_package_are_handed_on() -> None:
    made = package(changed("bpf_skel.data_sections.0.variables.0.cmdarg", {"default": 9}))
    assert [value for _, _, value in program_of(get("-", made)).settings] == [b"\x09\0\0\0"]


@pytest.mark.parametrize(("ending", "kind"), PROGRAMS)
def test_a_url_is_fetched_whatever_it_ends_with(ending: str, kind: Kind) -> None:
    with files({"/tools/kill/app.wasm": KINDS[ending]}) as url:
        found = get(f"{url}/tools/kill/app.wasm?version=1")
    assert (found.kind, found.name, found.outside) == (kind, "kill", True)
    assert found.place == f"{url}/tools/kill/app.wasm?version=1"


def test_a_missing_page_is_not_taken_for_a_program() -> None:
    with files({}) as url, pytest.raises(NotFound):
        get(f"{url}/package.json")
    with files({"/x": status(500)}) as url, pytest.raises(PeerFailed, match="500"):
        get(f"{url}/x")


def test_redirects_are_followed_and_the_last_address_is_told() -> None:
    with files({"/old": redirect("/new"), "/new": package()}) as url:
        assert get(f"{url}/old").place == f"{url}/new"


def test_redirects_without_end_are_given_up() -> None:
    with files({"/x": redirect("/x")}) as url, pytest.raises(PeerFailed, match="redirects"):
        get(f"{url}/x")


@pytest.mark.parametrize("to", ["http://example.org/x", "file:///etc/passwd", "", "ftp://x/", "http://u:p@127.0.0.1/"])
def test_redirects_to_where_nothing_is_checked_are_not_followed(to: str) -> None:
    with files({"/x": redirect(to)}) as url, pytest.raises(PeerFailed, match="redirects"):
        get(f"{url}/x")


@pytest.mark.parametrize("to", ["http://127.0.0.1/x", "http://[::1]/x", "http://example.org/x"])
def test_https_is_not_left_for_http(to: str) -> None:
    with pytest.raises(PeerFailed):
        redirected("https://example.org/x", to)
    assert redirected("https://example.org/a/b", "../c?d=1") == "https://example.org/c?d=1"


def test_plain_http_is_for_this_machine_only() -> None:
    with pytest.raises(BadInput, match="plain http"):
        get("http://example.org/package.json")


def test_an_answer_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        for _ in itertools.repeat(None):
            await answer.write(bytes(1 << 16))
        return answer

    monkeypatch.setattr(finding, "MAX_BYTES", 1 << 20)
    with files({"/x": endless}) as url, pytest.raises(PeerFailed, match="more than"):
        get(f"{url}/x")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("kill", "/hub/kill/app.wasm"),
        ("kill", "/hub/kill/package.json"),
        ("kill:v1", "/hub/kill/tags/v1/app.wasm"),
        ("kill:v1", "/hub/kill/tags/v1/package.json"),
        ("kill:latest", "/hub/kill/tags/latest/package.json"),
        ("kill:latest", "/hub/kill/package.json"),
        ("team/kill:v1", "/hub/team/kill/tags/v1/app.wasm"),
    ],
)
def test_a_static_server_has_packages_by_name_and_tag(name: str, path: str) -> None:
    data = WASM if path.endswith("wasm") else package()
    with files({path: data}) as url:
        found = get(name, static=StaticPrefix(f"{url}/hub"))
    assert (found.data, found.name, found.place, found.outside) == (data, "kill", f"{url}{path}", True)


def test_a_tag_of_a_static_server_is_not_another_one() -> None:
    with files({"/kill/app.wasm": WASM}) as url:
        with pytest.raises(NotFound):
            get("kill:v1", static=StaticPrefix(url))
        with pytest.raises(NotFound):
            get("other", static=StaticPrefix(url))


def test_a_static_server_that_refuses_or_fails_is_told_so() -> None:
    refusing = {"/kill/app.wasm": status(403), "/kill/package.json": status(403)}
    with files(refusing) as url, pytest.raises(Denied):
        get("kill", static=StaticPrefix(url))
    with files({"/kill/app.wasm": status(403), "/kill/package.json": package()}) as url:
        assert get("kill", static=StaticPrefix(url)).kind is Kind.JSON
    with files({"/kill/app.wasm": status(502)}) as url, pytest.raises(PeerFailed):
        get("kill", static=StaticPrefix(url))


def test_a_static_server_speaks_for_no_origin_and_no_other_digest() -> None:
    with files({"/kill/app.wasm": WASM}) as url:
        assert get(f"kill@{sha256(WASM)}", static=StaticPrefix(url)).data == WASM
        with pytest.raises(NotTrusted):
            get(f"kill@{sha256(b'other')}", static=StaticPrefix(url))
        with pytest.raises(BadInput, match="origin"):
            get("hub.example.org/library/kill", static=StaticPrefix(url))


@pytest.mark.parametrize("variable", ["ecli_REPOSITORY", "ECLI_REPOSITORY", "EUNOMIA_REPOSITORY", "ECLI_REGISTRY"])
def test_the_environment_names_a_hub_or_a_static_server(variable: str) -> None:
    with files({"/.well-known/ebpfhub.json": b'{"origin":"hub.test","mirrors":[]}'}) as url:
        assert repository({variable: f"{url}/"}) == HubAddress(url)
    with files({}) as url:
        assert repository({variable: f"{url}/prefix/"}) == StaticPrefix(f"{url}/prefix")


def test_an_environment_that_names_nothing_changes_nothing() -> None:
    assert repository({}) is repository({"ecli_REPOSITORY": ""}) is None


def test_a_web_site_with_a_page_for_everything_is_no_hub() -> None:
    with files({"/.well-known/ebpfhub.json": b"<html>"}) as url:
        assert repository({"ecli_REPOSITORY": url}) == StaticPrefix(url)


def test_a_server_that_is_down_is_not_taken_for_another_kind() -> None:
    with files({"/.well-known/ebpfhub.json": status(503)}) as url, pytest.raises(PeerFailed):
        repository({"ecli_REPOSITORY": url})
    with pytest.raises(HubError):
        repository({"ecli_REPOSITORY": "http://127.0.0.1:1/"})
    with pytest.raises(BadInput) as caught:
        repository({"ECLI_REGISTRY": "http://example.org"})
    assert caught.value.where == "ECLI_REGISTRY"


def _layout_of(data: bytes) -> dict[str, bytes]:
    image = manifest(("application/octet-stream", data))
    return layout(index(("", image)), image, b"{}", data)


@pytest.mark.parametrize(("ending", "kind"), PROGRAMS)
def test_an_image_layout_is_looked_into(tmp_path: Path, ending: str, kind: Kind) -> None:
    held = _layout_of(KINDS[ending])
    found = get("-", tar(*held.items()))
    assert (found.kind, found.data) == (kind, KINDS[ending])
    for name, data in held.items():
        (tmp_path / "image" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "image" / name).write_bytes(data)
    found = get(str(tmp_path / "image"))
    assert (found.kind, found.name, found.outside) == (kind, "image", False)


def test_a_damaged_image_layout_is_refused() -> None:
    held = _layout_of(WASM)
    damaged = {name: b"\0asm\1\0\0\1" if data == WASM else data for name, data in held.items()}
    with pytest.raises(NotTrusted):
        get("-", tar(*damaged.items()))
    with pytest.raises(BadInput, match="missing"):
        get("-", tar(*[(name, data) for name, data in held.items() if data != WASM]))
    with pytest.raises(BadInput, match="another"):
        get("-", tar(*_layout_of(tar(*held.items())).items()))


def test_a_package_file_in_an_image_is_left_to_who_can_verify_it() -> None:
    assert get("-", tar(*_layout_of(b"\x28\xb5\x2f\xfd rest").items())).kind is Kind.PACKAGE_FILE


def test_kernel_types_of_a_tar_are_handed_on() -> None:
    where = "btfhub-archive/ubuntu/20.04/x86_64/5.4.0-91-generic.btf"
    found = get("-", tar(("package.json", package(META)), (where, BTF), ("eunomia", compiled())))
    assert program_of(found).types is not None
