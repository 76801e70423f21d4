"""Images of other registries with a named signer: found as referrers, verified, kept, and refused each in its own words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from click.testing import CliRunner, Result
from ebpfhub.client.commands.root import cli
from ebpfhub.client.commands.run import parse
from ebpfhub.client.domains import Domains
from ebpfhub.client.home import Home
from ebpfhub.client.programs import program_for
from ebpfhub.client.settings import Settings, load_settings
from ebpfhub.client.signed import SignedProgram
from ebpfhub.schemas import media
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, Denied, HubError, NotFound, NotTrusted, PeerFailed
from ebpfhub.schemas.oci import Descriptor
from ebpfhub.signing.sign import bundle_manifest

from ..node.registry.server import Server
from ..schemas.eunomia_packages import compiled, package
from ..sigstores import ALICE, Sigstore
from .sources.places import Answer, descriptor, files, index, manifest, serving, sha256, status

ACME, EVIL = Sigstore("acme.test"), Sigstore("evil.test")
WASM = b"\0asm\1\0\0\0"
UPSTREAM = "application/vnd.wasm.content.layer.v1+wasm"
TOP = manifest((UPSTREAM, WASM))
TOKEN = "alice-token"
SIGNER = ("--identity", ALICE, "--issuer", ACME.issuer, "--domain", "acme")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.start(tmp_path_factory.mktemp("registry"), "--plain") as running:
        yield running


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A user who knows the Sigstore `acme`."""
    monkeypatch.setenv("ECLI_HOME", str(tmp_path / "ecli"))
    made = Home.find()
    Domains(made).add("acme", ACME.root, where="acme")
    return made


def put(server: Server, repository: str, document: bytes, *blobs: bytes, tag: str = "") -> str:
    for blob in blobs:
        server.push(repository, blob, token=TOKEN)
    kind, reference = json.loads(document)["mediaType"], tag or sha256(document)
    done = server.ask("PUT", f"/v2/{repository}/manifests/{reference}", document, token=TOKEN, Content_Type=kind)
    assert done.status == 201, done.body
    return f"oci://{server.address}/{repository}:{tag}"


def referrer(bundle: bytes, subject: bytes = TOP, kind: str = media.OCI_MANIFEST) -> bytes:
    return bundle_manifest(bundle, Descriptor.of(kind, subject)).raw


def push(server: Server, name: str, *bundles: bytes, top: bytes = TOP, data: bytes = WASM) -> str:
    repository = f"plain/signed/{name}"
    place = put(server, repository, top, b"{}", data, tag="v1")
    for bundle in bundles:
        put(server, repository, referrer(bundle, top), b"{}", bundle)
    return place


def ecli(*words: object, expect: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == expect, done.output
    return done


def program(*words: str, settings: Settings | None = None) -> SignedProgram:
    """What `ecli run` would run."""
    home = Home.find()
    found = program_for(parse(words), home, settings or load_settings(home))
    assert isinstance(found, SignedProgram)
    return found


def test_an_image_that_was_signed_is_verified_shown_and_run_as_what_it_is(server: Server) -> None:
    place = push(server, "right", ACME.sign(Digest.of(TOP)))
    found = program(*SIGNER, place)
    assert (found.wasm, found.publisher) == (WASM, f"{ALICE} (by {ACME.issuer})")
    assert found.vouching == f"{place} is signed by {ALICE} (by {ACME.issuer}), trust domain acme"
    told = json.loads(ecli("verify", place, *SIGNER, "--json").stdout)
    assert told["verified"] and told["manifest"] == sha256(TOP)
    assert [check["name"] for check in told["checks"]] == ["signature", "identity", "digests"]
    assert f"ok  identity     {ALICE} is {ALICE}" in ecli("verify", place, *SIGNER).stdout
    assert json.loads(ecli("inspect", place, *SIGNER, "--json").stdout)["publisher"] == f"{ALICE} (by {ACME.issuer})"


@pytest.mark.parametrize(
    ("layer", "data"), [("application/json", package()), ("application/octet-stream", compiled()), (UPSTREAM, WASM)]
)
def test_every_kind_of_artifact_can_be_signed(server: Server, layer: str, data: bytes) -> None:
    top = manifest((layer, data))
    place = push(server, f"kind{len(data)}", ACME.sign(Digest.of(top)), top=top, data=data)
    found = program(*SIGNER, place)
    assert (found.wasm or found.bpf_object) in (WASM, compiled())


def test_who_is_somebody_else_is_refused_in_words_of_its_own(server: Server) -> None:
    place = push(server, "other", ACME.sign(Digest.of(TOP), "mallory@example.org"))
    said = ecli("verify", place, *SIGNER, expect=4).stderr
    assert f"signed by mallory@example.org (by {ACME.issuer}), not by {ALICE}" in said and "identity" in said
    said = ecli("verify", place, "--json", *SIGNER, expect=4).stdout
    assert json.loads(said.splitlines()[0])["check"] == "identity"
    place = push(server, "issuer", ACME.sign(Digest.of(TOP), issuer="https://login.evil.test/oidc"))
    assert "by https://login.evil.test/oidc" in ecli("verify", place, *SIGNER, expect=4).stderr
    assert "anybody" in ecli("verify", place, "--identity", "*", *SIGNER[2:], expect=2).stderr


def test_what_nobody_signed_is_refused_in_words_of_its_own(server: Server) -> None:
    place = push(server, "none")
    said = ecli("pull", place, *SIGNER, expect=4).stderr
    assert "nobody has signed it" in said and "cosign sign" in said


def test_another_sigstore_is_refused_in_words_of_its_own(server: Server) -> None:
    place = push(server, "evil", EVIL.sign(Digest.of(TOP), issuer=ACME.issuer))
    assert "trust domain acme does not know the log" in ecli("verify", place, *SIGNER, expect=4).stderr
    assert "trust domain public does not know the log" in ecli("verify", place, *SIGNER[:4], expect=4).stderr
    assert "ecli trust domain add evil" in ecli("verify", place, *SIGNER[:4], "--domain", "evil", expect=3).stderr


def test_the_signature_of_another_image_is_refused_in_words_of_its_own(server: Server) -> None:
    """Mallory lists alice's signature of an older image as one of hers: its statement names the older one."""
    older = manifest((UPSTREAM, WASM), annotations={"version": "1"})
    place = push(server, "moved", ACME.sign(Digest.of(older)))
    said = ecli("verify", place, *SIGNER, expect=4).stderr
    assert "check 'digests' failed" in said and sha256(older) in said and sha256(TOP) in said


def test_changed_bytes_are_refused_in_words_of_their_own() -> None:
    with files(old_registry(ACME.sign(Digest.of(TOP))) | {f"/v2/a/b/blobs/{sha256(WASM)}": WASM[:-1] + b"\7"}) as url:
        said = ecli("verify", f"oci://{url[7:]}/a/b", *SIGNER, expect=4).stderr
    assert "check 'blob' failed" in said and "other bytes than its digest says" in said


def test_without_a_signer_nothing_is_verified(server: Server) -> None:
    place = push(server, "nobody", ACME.sign(Digest.of(TOP)))
    for words in (("verify", place), ("pull", place)):
        said = ecli(*words, expect=4).stderr
        assert "who must have signed it was not said" in said and "--identity PATTERN --issuer URL" in said
    with pytest.raises(NotTrusted, match="--verify demands a signature"):
        program("--verify", place)
    assert "not checked: say by --identity" in ecli("inspect", place).stdout
    for half in (("--identity", ALICE), ("--issuer", "x"), ("--domain", "acme")):
        with pytest.raises(BadInput):
            program(*half, place)
    with pytest.raises(BadInput, match="contradict"):
        program("--unsigned", *SIGNER, place)
    for target in ("opensnoop", "https://example.org/x.bpf"):
        with pytest.raises(BadInput, match="its log says"):
            program(*SIGNER, target)


def test_a_signed_index_is_enough_for_what_it_names(server: Server) -> None:
    repository, many = "plain/signed/many", index(("wasip1/wasm", TOP))
    put(server, repository, TOP, b"{}", WASM)
    place = put(server, repository, many, tag="v1")
    bundle = ACME.sign(Digest.of(many))
    put(server, repository, referrer(bundle, many, media.OCI_INDEX), b"{}", bundle)
    found = program(*SIGNER, place)
    assert found.manifest == sha256(TOP) and f"signed index {sha256(many)}" in found.checks[2].evidence


def old_registry(*bundles: bytes, top: bytes = TOP) -> dict[str, bytes | Answer]:
    """A registry from before OCI 1.1 as files: no referrers API, but the tag that stands for it."""
    made: dict[str, bytes | Answer] = {
        "/v2/a/b/manifests/latest": top,
        f"/v2/a/b/manifests/{sha256(top)}": top,
        f"/v2/a/b/blobs/{sha256(WASM)}": WASM,
    }
    listed = []
    for bundle in bundles:
        raw = referrer(bundle, top)
        made |= {f"/v2/a/b/manifests/{sha256(raw)}": raw, f"/v2/a/b/blobs/{sha256(bundle)}": bundle}
        listed.append(descriptor(media.OCI_MANIFEST, raw, artifactType=media.SIGSTORE_BUNDLE))
    tag = f"/v2/a/b/manifests/{sha256(top).replace(':', '-')}"
    return made | {tag: json.dumps({"schemaVersion": 2, "mediaType": media.OCI_INDEX, "manifests": listed}).encode()}


def test_signatures_are_found_by_the_tag_where_a_registry_has_no_referrers() -> None:
    asked: list[str] = []
    with files(old_registry(EVIL.sign(Digest.of(TOP)), ACME.sign(Digest.of(TOP))), asked) as url:
        assert program(*SIGNER, f"oci://{url[7:]}/a/b").wasm == WASM
    assert f"/v2/a/b/referrers/{sha256(TOP)}" in asked
    assert f"/v2/a/b/manifests/{sha256(TOP).replace(':', '-')}" in asked
    bare = {key: value for key, value in old_registry().items() if "sha256-" not in key}
    with files(bare) as url, pytest.raises(NotTrusted, match="nobody has signed it"):
        program(*SIGNER, f"oci://{url[7:]}/a/b")


@pytest.mark.parametrize(
    "listed", [b"", b"[]", b'{"manifests": 1}', b'{"manifests": [{}]}', b'{"mediaType": "text/plain"}', b"\xff"]
)
def test_a_list_of_referrers_that_is_none_is_the_registry_s_fault(listed: bytes) -> None:
    held = old_registry() | {f"/v2/a/b/referrers/{sha256(TOP)}": listed}
    with files(held) as url, pytest.raises(PeerFailed, match="list of referrers"):
        program(*SIGNER, f"oci://{url[7:]}/a/b")


def test_a_registry_that_will_not_tell_is_not_taken_for_one_without_signatures() -> None:
    for code, kind in ((403, Denied), (500, HubError), (401, Denied)):
        held = old_registry(ACME.sign(Digest.of(TOP))) | {f"/v2/a/b/referrers/{sha256(TOP)}": status(code)}
        with files(held) as url, pytest.raises(kind):
            program(*SIGNER, f"oci://{url[7:]}/a/b")


def test_referrers_that_are_something_else_are_passed_over() -> None:
    """An image, a bundle about another manifest, one with two layers, one whose bytes are another's; and the right."""
    right, other = ACME.sign(Digest.of(TOP)), manifest(("x/y", b"z"))
    raws = [
        manifest((media.SIGSTORE_BUNDLE, right), artifactType=media.SIGSTORE_BUNDLE),
        referrer(right, other),
        manifest(
            (media.SIGSTORE_BUNDLE, right), (media.SIGSTORE_BUNDLE, right), subject=descriptor(media.OCI_MANIFEST, TOP)
        ),
        manifest(("text/plain", right), subject=descriptor(media.OCI_MANIFEST, TOP)),
        b"{}",
        b"missing",
        referrer(right),
    ]
    held = old_registry(right)
    for raw in raws[:-2]:
        held[f"/v2/a/b/manifests/{sha256(raw)}"] = raw
    listed = [descriptor(media.OCI_MANIFEST, raw, artifactType=media.SIGSTORE_BUNDLE) for raw in raws]
    listed.append(descriptor(media.OCI_MANIFEST, b"sbom", artifactType="application/spdx+json"))
    held[f"/v2/a/b/referrers/{sha256(TOP)}"] = json.dumps({"manifests": listed}).encode()
    with files(held) as url:
        assert program(*SIGNER, f"oci://{url[7:]}/a/b").wasm == WASM
    held[f"/v2/a/b/referrers/{sha256(TOP)}"] = json.dumps({"manifests": listed[:4]}).encode()
    with files(held) as url, pytest.raises(HubError, match=r"Sigstore bundle|none of it"):
        program(*SIGNER, f"oci://{url[7:]}/a/b")


def paged(held: dict[str, bytes | Answer], pages: list[tuple[bytes, str]]) -> web.Application:
    """A registry whose list of referrers has pages, each with a Link to what follows."""
    app = web.Application()

    async def answer(request: web.Request) -> web.StreamResponse:
        if "/referrers/" in request.path:
            body, link = pages[int(request.query.get("page", "0"))]
            headers = {"Link": link.replace("HERE", request.path)} if link else {}
            return web.Response(body=body, headers=headers)
        found = held.get(request.path)
        return web.Response(body=found) if isinstance(found, bytes) else web.Response(status=404)

    app.router.add_get("/{path:.*}", answer)
    return app


def test_a_list_of_referrers_is_followed_over_its_pages_and_no_further() -> None:
    bundle = ACME.sign(Digest.of(TOP))
    held, raw = old_registry(bundle), referrer(bundle)
    entry: dict[str, Any] = descriptor(media.OCI_MANIFEST, raw, artifactType=media.SIGSTORE_BUNDLE)
    held[f"/v2/a/b/manifests/{sha256(raw)}"] = raw
    empty, last = (json.dumps({"manifests": items}).encode() for items in ([], [entry]))
    with serving(paged(held, [(empty, '<HERE?page=1>; rel="next"'), (last, "")])) as url:
        assert program(*SIGNER, f"oci://{url[7:]}/a/b").wasm == WASM
    with serving(paged(held, [(empty, "<HERE?page=0>; rel=next")])) as url, pytest.raises(NotTrusted, match="nobody"):
        program(*SIGNER, f"oci://{url[7:]}/a/b")  # one that never ends
    for elsewhere in ("<https://evil.test/x>", "</v2/other/referrers/x>"):
        app = paged(held, [(empty, f'{elsewhere}; rel="next"')])
        with serving(app) as url, pytest.raises(PeerFailed, match="goes on elsewhere"):
            program(*SIGNER, f"oci://{url[7:]}/a/b")


def test_what_was_pulled_starts_without_its_registry_and_is_verified_again(home: Home) -> None:
    with files(old_registry(ACME.sign(Digest.of(TOP)))) as url:
        place = f"oci://{url[7:]}/a/b"
        assert f"kept {place}:latest  {sha256(TOP)}" in ecli("pull", place, *SIGNER).stdout
    assert program(*SIGNER, place).wasm == WASM
    with pytest.raises(PeerFailed):
        ecli("pull", place, *SIGNER, expect=5)
        program("--refresh", *SIGNER, place)
    with pytest.raises(HubError):  # verified for alice: for bob it is asked for again, and nobody answers
        program("--identity", "bob@example.org", *SIGNER[2:], place)
    Domains(home).remove("acme")
    with pytest.raises(NotFound, match="trust domain"):
        program(*SIGNER, place)
    Domains(home).add("acme", EVIL.root, where="evil")
    with pytest.raises(HubError):
        program(*SIGNER, place)


def test_a_tag_is_looked_up_again_once_it_is_old_and_a_digest_never(home: Home) -> None:
    stale = Settings(max_age=-1)
    with files(old_registry(ACME.sign(Digest.of(TOP)))) as url:
        place = f"oci://{url[7:]}/a/b"
        program(*SIGNER, place)
        program(*SIGNER, f"{place}@{sha256(TOP)}")
    assert program(*SIGNER, f"{place}@{sha256(TOP)}", settings=stale).wasm == WASM
    assert program(*SIGNER, place, settings=stale).wasm == WASM  # nobody answers: what was fetched before
    with pytest.raises(PeerFailed):
        program(*SIGNER, place, settings=Settings(max_age=-1, expire_age=-1))


def test_what_was_changed_on_this_machine_is_refused(home: Home) -> None:
    with files(old_registry(ACME.sign(Digest.of(TOP)))) as url:
        place = f"oci://{url[7:]}/a/b"
        program(*SIGNER, place)
        blob = home.images / "blobs" / sha256(WASM)[7:]
        for damage in (lambda: blob.write_bytes(WASM + b"\0"), blob.unlink):
            damage()
            with pytest.raises(NotTrusted, match="was changed") as error:
                program(*SIGNER, place)
            assert error.value.check == "kept" and "ecli pull" in error.value.todo
        ecli("pull", place, *SIGNER)
        assert program(*SIGNER, place).wasm == WASM
        (kept,) = home.images.glob("*.json")
        kept.write_bytes(kept.read_bytes()[:-9])  # no more than a note of what was fetched: it is fetched again
        assert program(*SIGNER, place).wasm == WASM
