"""Releases of kernel types: which manifests are some, which layer is for which kernel, and which systems are near."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import Any

import pytest
from ebpfhub.schemas import kernel_types, media
from ebpfhub.schemas.contents import PackageContents, compress, decompress, judged
from ebpfhub.schemas.digest import Digest
from ebpfhub.schemas.errors import BadInput, NotTrusted
from ebpfhub.schemas.kernel_types import KERNEL, System, check_types_manifest, kernels_of, nearest
from ebpfhub.schemas.oci import MAX_TYPES_LAYERS, Descriptor, Manifest
from ebpfhub.schemas.package import MAX_README_BYTES, PackageConfig
from ebpfhub.schemas.program import EventStream, Usage
from hypothesis import given
from hypothesis import strategies as st

DEBIAN = System("debian", "10", "x86_64", "4.19.0-21-amd64")
UBUNTU = System("ubuntu", "18.04", "x86_64", "4.15.0-20-generic")
CONFIG = PackageConfig("library", "kernel-types", "1.0.0")
WORDS = st.text("abcxyz019.-_ ", min_size=1, max_size=24).filter(lambda word: word not in (".", ".."))
SYSTEMS = st.builds(System, WORDS, WORDS, WORDS, WORDS)


def layer(system: System, data: bytes = b"types") -> Descriptor:
    return Descriptor.of(media.KERNEL_BTF, data, **{KERNEL: system.name})


def manifest(*layers: Descriptor, config: PackageConfig = CONFIG) -> Manifest:
    return Manifest.make(
        artifact_type=media.KERNEL_TYPES, config=Descriptor.of(media.PACKAGE_CONFIG, config.to_json()), layers=layers
    )


GOOD = manifest(layer(DEBIAN), layer(UBUNTU, b"other"), Descriptor.of(media.README, b"# Types"))


@given(SYSTEMS)
def test_a_systems_name_reads_back(system: System) -> None:
    assert System.parse(system.name) == system


@given(st.text(max_size=64))
def test_a_text_is_one_system_or_none(text: str) -> None:
    found = System.parse(text)
    assert found is None or found.name == text


@given(st.dictionaries(SYSTEMS, st.binary(min_size=1, max_size=16), min_size=1, max_size=8))
def test_the_layer_of_each_kernel_is_found_again(kernels: dict[System, bytes]) -> None:
    made = Manifest.parse(manifest(*(layer(system, data) for system, data in kernels.items())).raw)
    check_types_manifest(made)
    assert {system: found.digest for system, found in kernels_of(made).items()} == {
        system: Digest.of(data) for system, data in kernels.items()
    }


def test_a_package_has_no_kernels() -> None:
    assert kernels_of(replace(GOOD, artifact_type=media.PACKAGE, layers=())) == {}


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        ((), "no kernel"),
        ((Descriptor.of(media.README, b"x"),), "no kernel"),
        ((Descriptor.of(media.KERNEL_BTF, b"x"),), "no kernel that could be"),
        ((Descriptor.of(media.KERNEL_BTF, b"x", **{KERNEL: "debian/10/x86_64"}),), "no kernel that could be"),
        ((Descriptor.of(media.KERNEL_BTF, b"x", **{KERNEL: "debian/../x86_64/4"}),), "no kernel that could be"),
        ((layer(DEBIAN), layer(DEBIAN, b"other")), "two layers for debian/10"),
        ((layer(DEBIAN), Descriptor.of(media.BPF_OBJECT, b"x")), "unknown type"),
        ((layer(DEBIAN), *[Descriptor.of(media.README, b"x")] * 2), "two READMEs"),
        ((layer(DEBIAN), replace(Descriptor.of(media.README, b"x"), size=MAX_README_BYTES + 1)), "README"),
        ((replace(layer(DEBIAN), size=kernel_types.MAX_KERNEL_BYTES + 1),), "more than"),
        (
            tuple(
                replace(layer(DEBIAN._replace(release=str(number))), size=kernel_types.MAX_KERNEL_BYTES)
                for number in range(kernel_types.MAX_TYPES_RELEASE_BYTES // kernel_types.MAX_KERNEL_BYTES + 1)
            ),
            "larger than",
        ),
    ],
)
def test_what_is_no_archive_is_refused(layers: tuple[Descriptor, ...], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        check_types_manifest(manifest(*layers))


def test_a_package_is_no_archive() -> None:
    with pytest.raises(BadInput, match="artifactType"):
        check_types_manifest(replace(GOOD, artifact_type=media.PACKAGE))
    with pytest.raises(BadInput, match="mediaType"):
        check_types_manifest(replace(GOOD, config=replace(GOOD.config, media_type=media.BPF_OBJECT)))


def test_an_archive_may_have_more_layers_than_a_package_but_not_any_number() -> None:
    def raw(count: int, artifact_type: str) -> bytes:
        kernels = [layer(DEBIAN._replace(release=str(number))).to_json() for number in range(count)]
        return json.dumps(json.loads(GOOD.raw) | {"layers": kernels, "artifactType": artifact_type}).encode()

    limit = 1 << 20
    assert len(Manifest.parse(raw(MAX_TYPES_LAYERS, media.KERNEL_TYPES), limit=limit).layers) == MAX_TYPES_LAYERS
    for count, kind in ((MAX_TYPES_LAYERS + 1, media.KERNEL_TYPES), (17, media.PACKAGE), (17, "")):
        with pytest.raises(BadInput, match="more than"):
            Manifest.parse(raw(count, kind), limit=limit)


def test_an_archive_is_judged_without_its_kernels() -> None:
    blobs = {Digest.of(data): data for data in (CONFIG.to_json(), b"# Types")}
    assert {item.digest for item in judged(GOOD)} == set(blobs)
    contents = PackageContents.open(GOOD, blobs)
    assert contents.is_types
    assert (contents.objects(), contents.wasm(), contents.types()) == ((), None, None)


def test_a_kernel_that_is_there_must_be_the_right_one() -> None:
    blobs = {Digest.of(data): data for data in (CONFIG.to_json(), b"# Types")}
    PackageContents.open(GOOD, blobs | {Digest.of(b"types"): b"types"})
    with pytest.raises(NotTrusted):
        PackageContents.open(GOOD, blobs | {Digest.of(b"types"): b"tapes"})
    with pytest.raises(BadInput, match="missing"):
        PackageContents.open(GOOD, {Digest.of(CONFIG.to_json()): CONFIG.to_json()})


def test_an_archive_takes_no_options_and_shows_no_events() -> None:
    stream = json.loads('{"map":"m","transport":"ringbuf","type":{"kind":"integer","size":4}}')
    raw = json.dumps(json.loads(CONFIG.to_json()) | {"events": [stream]}).encode()
    config = PackageConfig.parse(raw)
    assert isinstance(config.usage, Usage) and isinstance(config.usage.events[0], EventStream)
    with pytest.raises(BadInput, match="have no options"):
        PackageContents.open(manifest(layer(DEBIAN), config=config), {Digest.of(config.to_json()): config.to_json()})


@given(st.lists(SYSTEMS, unique=True, max_size=12), SYSTEMS, st.integers(0, 6))
def test_the_nearest_are_some_of_those_that_there_are_the_same_one_first(
    systems: list[System], wanted: System, count: int
) -> None:
    found = nearest(systems, wanted, count=count)
    assert len(found) == min(count, len(systems)) == len(set(found))
    assert set(found) <= set(systems)
    assert found == nearest(reversed(systems), wanted, count=count)
    if wanted in systems and count:
        same = found[0]
        assert same[:3] == wanted[:3] and kernel_types._distance(same, wanted) == kernel_types._distance(wanted, wanted)


def test_near_is_the_same_distribution_then_architecture_version_and_release() -> None:
    arm, older = DEBIAN._replace(architecture="aarch64"), DEBIAN._replace(version="9")
    releases = [DEBIAN._replace(release=f"4.19.0-{number}-amd64") for number in (8, 20, 23, 4)]
    found = nearest([UBUNTU, arm, older, *releases], DEBIAN, count=7)
    assert [system.release.split("-")[1] for system in found[:4]] == ["20", "23", "8", "4"]
    assert found[4:] == [older, arm, UBUNTU]


def changed(document: dict[str, Any], path: list[str | int], value: Any) -> None:
    for key in path[:-1]:
        document = document[key]  # type: ignore[index]
    document[path[-1]] = value  # type: ignore[index]


@given(
    st.sampled_from([["artifactType"], ["config", "size"], ["layers", 0, "annotations"], ["layers", 1, "mediaType"], ["layers"]]),
    st.none() | st.integers() | st.text(max_size=8) | st.lists(st.integers(), max_size=2) | st.dictionaries(st.text(), st.text(), max_size=2),
)  # fmt: skip
def test_a_changed_manifest_is_read_or_refused(path: list[str | int], value: Any) -> None:
    document = json.loads(GOOD.raw)
    changed(document, path, value)
    with contextlib.suppress(BadInput):
        check_types_manifest(Manifest.parse(json.dumps(document).encode()))


def test_a_frame_must_state_a_size_within_the_limit() -> None:
    packed = compress(b"x" * 100)
    assert decompress(packed, limit=100) == b"x" * 100
    for data, limit in ((packed, 99), (b"", 100), (b"no zstd at all", 100), (packed[:5], 100)):
        with pytest.raises(BadInput):
            decompress(data, limit=limit)
