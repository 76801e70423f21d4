"""Provenance and SBOM of a built package: to the letter of their specifications, with every input by its digest."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from ebpfhub.client.builder.attest.attached import attach
from ebpfhub.client.builder.build import BuiltPackage, build_project
from ebpfhub.client.builder.vmlinux.shipped import shipped_facts
from ebpfhub.federation.package_file import PackageFile
from ebpfhub.schemas import media
from ebpfhub.schemas.contents import PackageContents

Write = Callable[..., Path]
HEADER = "struct event { int pid; };\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, cache: Path) -> BuiltPackage:
    folder = tmp_path_factory.mktemp("project")
    (folder / "demo.h").write_text(HEADER)
    (folder / "config.json").write_text('{"name": "demo", "license": "GPL-2.0-only OR MIT", "version": "1.2.3"}')
    (folder / "demo.bpf.c").write_text(
        '#include "vmlinux.h"\n#include <bpf/bpf_helpers.h>\n#include "demo.h"\n#include <linux/version.h>\n'
        '#include <stdbool.h>\nSEC("raw_tp/sys_enter") int enter(void *context) { return 0; }\n'
        'char LICENSE[] SEC("license") = "GPL";\n'
    )
    return build_project(folder, cache=cache)


def document(made: BuiltPackage, kind: str) -> Any:
    beside = attach(made)
    found = next(item for item in beside.referrers if item.artifact_type == kind)
    assert found.subject is not None
    assert found.subject.digest == made.manifest.digest
    return json.loads(beside.blobs[found.layers[0].digest])


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_provenance_names_every_input_by_its_digest(made: BuiltPackage) -> None:
    statement = document(made, media.IN_TOTO)
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://slsa.dev/provenance/v1"
    assert statement["subject"] == [{"name": "library/demo", "digest": {"sha256": made.manifest.digest.hex}}]
    definition = statement["predicate"]["buildDefinition"]
    assert definition["externalParameters"] == {
        "package": "library/demo", "version": "1.2.3", "source": "demo.bpf.c", "types": "shipped", "architectures": [],
        "defines": [],
    }  # fmt: skip
    found = {item["name"]: item for item in definition["resolvedDependencies"]}
    assert found["demo.h"]["digest"] == {"sha256": sha256(HEADER.encode())}
    assert found["bpf/bpf_helpers.h"]["digest"] == {
        "sha256": sha256(Path("/usr/include/bpf/bpf_helpers.h").read_bytes())
    }
    assert found["vmlinux.h"]["digest"]["sha256"] in {item.digest.hex for item in shipped_facts().values()}
    assert found["linux/version.h"]["annotations"] == {"part": "system"}
    assert found["zig"]["uri"].startswith("pkg:generic/zig@0.")
    assert found["libbpf"]["uri"].startswith("pkg:generic/libbpf@1.")
    assert "stdbool.h" not in found  # the compiler's own, for which its version stands
    assert not any(name[0] == "/" or ".." in name for name in found)
    assert statement["predicate"]["runDetails"].keys() == {"builder"}  # no time, no machine


def test_bill_is_valid_and_lists_sources_libraries_and_tools(made: BuiltPackage) -> None:
    bill = document(made, media.CYCLONEDX)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
    package = bill["metadata"]["component"]
    assert (package["group"], package["name"], package["version"]) == ("library", "demo", "1.2.3")
    assert package["licenses"] == [{"expression": "GPL-2.0-only OR MIT"}]
    assert package["hashes"] == [{"alg": "SHA-256", "content": made.manifest.digest.hex}]
    parts = {item["name"]: item for item in bill["components"]}
    assert set(parts) == {"demo.bpf.c", "demo.h", "config.json", "libbpf", "linux"}
    assert parts["libbpf"]["licenses"] == [{"expression": "LGPL-2.1-only OR BSD-2-Clause"}]
    assert [item["name"] for item in parts["linux"]["components"]] == ["linux/version.h", "vmlinux.h"]
    assert [item["name"] for item in bill["metadata"]["tools"]["components"]] == ["ecli", "zig"]
    assert "timestamp" not in bill["metadata"]


def test_attestations_are_the_same_bytes_each_time(made: BuiltPackage) -> None:
    assert attach(made) == attach(made)


def test_package_file_carries_them(made: BuiltPackage) -> None:
    beside = attach(made)
    contents = PackageContents.open(made.manifest, made.blobs)
    data = PackageFile(contents, beside.referrers, None, beside.blobs).write()
    assert PackageFile.read(data).referrers == beside.referrers


def test_package_without_the_library_has_no_bill_and_says_so(
    made: BuiltPackage, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "cyclonedx"]:
        monkeypatch.setitem(sys.modules, name, None)
    beside = attach(made)
    assert [item.artifact_type for item in beside.referrers] == [media.IN_TOTO]
    assert "pip install 'ebpfhub[build]'" in beside.notices[0]


def test_licence_that_is_no_expression_is_kept_as_a_name(project: Write, cache: Path) -> None:
    tail = 'SEC("raw_tp/sys_enter") int enter(void *c) { return 0; }\nchar LICENSE[] SEC("license") = "Dual BSD/GPL";\n'
    bill = document(build_project(project("", tail=tail), cache=cache), media.CYCLONEDX)
    assert bill["metadata"]["component"]["licenses"] == [{"license": {"name": "Dual BSD/GPL"}}]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
