"""Which kernel types a program is compiled with, and what a machine without any can do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.architecture import Architecture
from ebpfhub.client.builder.build import build_project
from ebpfhub.client.builder.compiler import types
from ebpfhub.client.builder.compiler.types import kernel_types
from ebpfhub.client.builder.targets import Target
from ebpfhub.client.builder.vmlinux.chosen import Types, TypesChoice, choose_types
from ebpfhub.client.builder.vmlinux.shipped import shipped_facts, shipped_types
from ebpfhub.schemas.errors import BadInput, Unsupported

Write = Callable[..., Path]
HERE = Architecture.here()
THERE = next(item for item in Architecture if item is not HERE)


def choose(folder: Path, choice: TypesChoice, architecture: Architecture | None, cache: Path) -> Types:
    return choose_types((folder,), choice, architecture, cache, progress=None)


def test_shipped_types_are_of_the_architecture_that_is_built_for(tmp_path: Path, cache: Path) -> None:
    for architecture in Architecture:
        found = choose(tmp_path, TypesChoice.SHIPPED, architecture, cache)
        assert found == (shipped_types(architecture, cache), shipped_facts()[architecture].kernel, TypesChoice.SHIPPED)


def test_kernel_s_types_are_a_choice(tmp_path: Path, cache: Path) -> None:
    found = choose(tmp_path, TypesChoice.KERNEL, HERE, cache)
    assert (found.folder, found.choice) == (kernel_types(cache), TypesChoice.KERNEL)


def test_kernel_s_types_are_no_other_architecture_s(tmp_path: Path, cache: Path) -> None:
    with pytest.raises(Unsupported, match=THERE.value) as caught:
        choose(tmp_path, TypesChoice.KERNEL, THERE, cache)
    assert "--types" in caught.value.todo


def test_own_vmlinux_h_comes_before_all(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "vmlinux.h").write_text("")
    for choice in TypesChoice:
        assert choose(tmp_path, choice, HERE, cache) == Types(tmp_path)


@pytest.mark.parametrize("folder", ["", "vmlinux"])
def test_own_types_of_an_architecture_are_found_in_its_folder(folder: str, tmp_path: Path, cache: Path) -> None:
    place = tmp_path / folder / THERE.libbpf
    place.mkdir(parents=True)
    (place / "vmlinux.h").write_text("")
    assert choose(tmp_path, TypesChoice.SHIPPED, THERE, cache) == Types(place)
    assert choose(tmp_path, TypesChoice.SHIPPED, HERE, cache).choice is TypesChoice.SHIPPED
    (tmp_path / "vmlinux.h").write_text("")
    assert choose(tmp_path, TypesChoice.SHIPPED, THERE, cache) == Types(tmp_path)


def test_program_is_built_with_the_types_of_its_architecture(
    project: Write, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project("int read(struct task_struct *task) { return BPF_CORE_READ(task, of_ours); }")
    for architecture in Architecture:
        (folder / architecture.libbpf).mkdir()
        text = (shipped_types(architecture, cache) / "vmlinux.h").read_text()
        text = text.replace("struct task_struct {\n", "struct task_struct {\n\tint of_ours;\n", 1)
        (folder / architecture.libbpf / "vmlinux.h").write_text(text)
    monkeypatch.chdir(folder.parent)
    built = build_project(Path(folder.name), cache=cache)
    assert (built.record.types_in_words, built.config.architectures) == ("x86/vmlinux.h", ())
    both = build_project(folder, cache=cache, target=Target.parse("shipped", "all"))
    assert both.manifest == built.manifest


def test_machine_without_kernel_types_and_libbpf_builds(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = build_project(project(""), cache=tmp_path / "one").manifest
    monkeypatch.setattr(types, "KERNEL_BTF", tmp_path / "nothing")
    monkeypatch.setattr(types, "KERNEL_NOTES", tmp_path / "nothing")
    monkeypatch.setattr(types, "_libbpf", lambda: pytest.fail("libbpf was asked for"))
    assert build_project(project(""), cache=tmp_path / "two").manifest == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("arm64", (Architecture.ARM64,)),
        ("aarch64, X86_64", (Architecture.X86_64, Architecture.ARM64)),
        ("amd64,amd64", (Architecture.X86_64,)),
        ("all", tuple(Architecture)),
    ],
)
def test_architectures_have_all_their_names(words: str, expected: tuple[Architecture, ...]) -> None:
    assert Target.parse("shipped", words).architectures == expected


@pytest.mark.parametrize("words", ["mips", "all,arm64", ",", "x86_64;arm64"])
def test_unknown_architectures_are_refused(words: str) -> None:
    with pytest.raises(BadInput, match="architecture") as caught:
        Target.parse("shipped", words)
    assert "x86_64, arm64 or all" in caught.value.todo
