"""A type that the chosen kernel types lack: the error says who has it, and what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from ebpfhub.client.builder.architecture import Architecture
from ebpfhub.client.builder.build import build_project
from ebpfhub.client.builder.compiler.types import kernel_types
from ebpfhub.client.builder.targets import Target
from ebpfhub.client.builder.vmlinux import chosen
from ebpfhub.client.builder.vmlinux.absent import Wanted, has, wanted_in
from ebpfhub.client.builder.vmlinux.chosen import TypesChoice
from ebpfhub.schemas.errors import BadInput

Write = Callable[..., Path]
ONLY_HERE = "struct only_on_this_kernel {\n\tint first;\n\tlong unsigned int second[4];\n};\n"


@pytest.fixture
def new_kernel(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that has a type which none had before."""
    folder = tmp_path / "new-kernel"
    folder.mkdir()
    text = (kernel_types(cache) / "vmlinux.h").read_text()
    (folder / "vmlinux.h").write_text(text.replace("struct task_struct {", ONLY_HERE + "\nstruct task_struct {", 1))
    monkeypatch.setattr(chosen, "kernel_types", lambda *_, **__: folder)


def refusal(folder: Path, cache: Path, types: TypesChoice = TypesChoice.SHIPPED) -> BadInput:
    with pytest.raises(BadInput, match="does not compile") as caught:
        build_project(folder, cache=cache, target=Target(types))
    return caught.value


@pytest.mark.usefixtures("new_kernel")
@pytest.mark.parametrize(
    "body",
    ["int read(struct only_on_this_kernel *it) { return it->first; }", "struct only_on_this_kernel held;"],
)
def test_type_that_only_this_kernel_has(body: str, project: Write, cache: Path) -> None:
    error = refusal(project(body), cache)
    assert "demo.bpf.c:4:" in error.what
    assert error.todo.startswith("struct only_on_this_kernel is not among the types that come with ecli (Linux 6.")
    assert error.todo.endswith("have it: ecli build --types kernel")


@pytest.mark.usefixtures("new_kernel")
def test_this_kernel_s_type_is_found_when_it_is_chosen(project: Write, cache: Path) -> None:
    body = "int read(struct only_on_this_kernel *it) { return it->second[1]; }"
    assert build_project(project(body), cache=cache, target=Target(TypesChoice.KERNEL)).record.types == "kernel"


def test_type_that_only_the_shipped_ones_have(
    project: Write, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (kernel_types(cache) / "vmlinux.h").read_text()
    (tmp_path / "vmlinux.h").write_text(text.replace("struct taskstats {", "struct another_name {"))
    monkeypatch.setattr(chosen, "kernel_types", lambda *_, **__: tmp_path)
    body = "int read(struct taskstats *it) { return it->version; }"
    error = refusal(project(body), cache, TypesChoice.KERNEL)
    assert error.todo.endswith("have it: ecli build --types shipped")


def test_author_s_own_slip_gets_no_advice_about_kernels(project: Write, cache: Path) -> None:
    assert refusal(project("int read(void) { return not_declared; }"), cache).todo == ""
    assert refusal(project("int read(struct task_struct *it) { return it->pid }"), cache).todo == ""
    assert refusal(project("int read(struct task_struct *it) { return it->pidd; }"), cache).todo == ""


def test_name_that_the_kernel_has_taken_is_said(project: Write, cache: Path) -> None:
    error = refusal(project("enum mine { TASK_COMM_LEN };"), cache)
    assert "have a TASK_COMM_LEN: rename yours" in error.todo


def test_own_vmlinux_h_gets_no_advice(project: Write, cache: Path) -> None:
    folder = project("int read(struct sock *it) { return it->nothing; }")
    (folder / "vmlinux.h").write_text((kernel_types(cache) / "vmlinux.h").read_text())
    assert refusal(folder, cache).todo == ""


@pytest.mark.parametrize(
    ("complaint", "expected"),
    [
        ("x.c:1:2: error: no member named 'a' in 'struct b'", Wanted("struct", "b", "a")),
        ("error: incomplete definition of type 'const struct b'", Wanted("struct", "b", "")),
        ("error: variable has incomplete type 'union b'", Wanted("union", "b", "")),
        ("error: unknown type name 'b_t'", Wanted("", "b_t", "")),
        ("error: use of undeclared identifier 'B'\nerror: unknown type name 'c'", Wanted("", "B", "")),
        ("error: expected ';'", None),
    ],
)
def test_complaints_of_compilers_are_read(complaint: str, expected: Wanted | None) -> None:
    assert wanted_in(complaint) == expected


def test_declarations_are_found_in_headers(cache: Path) -> None:
    text = (kernel_types(cache) / "vmlinux.h").read_text()
    for there in (
        Wanted("struct", "task_struct", ""), Wanted("struct", "task_struct", "comm"), Wanted("", "pid_t", ""),
        Wanted("union", "bpf_attr", ""), Wanted("", "BPF_MAP_TYPE_RINGBUF", ""), Wanted("struct", "sock", "sk_protocol"),
    ):  # fmt: skip
        assert has(text, there), there
    for absent_one in (
        Wanted("struct", "task", ""), Wanted("struct", "task_struct", "com"), Wanted("union", "task_struct", ""),
        Wanted("", "BPF_MAP_TYPE_", ""), Wanted("", "task_struct", ""),
    ):  # fmt: skip
        assert not has(text, absent_one), absent_one


def test_architectures_know_their_machine() -> None:
    assert Architecture.here() in (*Architecture, None)
