"""The binding itself, tested by what it does: a wrong C struct would be ignored in silence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ebpfhub.client.loader.libbpf import LOG_LIMIT, SONAME, Library, newest
from ebpfhub.client.loader.program import LoadedProgram, kernel_name, section_map, system_library
from ebpfhub.schemas.errors import Unsupported


def test_the_systems_libbpf_is_new_enough() -> None:
    assert system_library().version >= (1, 0)


@pytest.mark.parametrize("path", ["/nonexistent/libbpf.so.1", "libc.so.6"])
def test_a_machine_without_libbpf_is_told_what_to_install(path: str) -> None:
    with pytest.raises(Unsupported, match="libbpf") as caught:
        Library(path)
    assert "libbpf" in caught.value.needs


def test_the_newest_library_is_chosen(tmp_path: Path) -> None:
    for folder, version in (("a", "1.9.0"), ("b", "1.10.1"), ("c", "1.2.0")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / f"libbpf.so.{version}").touch()
        (tmp_path / folder / SONAME).symlink_to(f"libbpf.so.{version}")
    places = tuple(str(tmp_path / folder) for folder in ("none", "a", "b", "c"))
    assert newest(places) == f"{tmp_path}/b/{SONAME}"
    assert newest(places[:1]) == SONAME


@pytest.mark.parametrize("name", ["opensnoop", "a", "with-dash.and/more and more", "é", ""])
def test_the_objects_name_shows_in_the_names_of_its_sections(compiled: Any, name: str) -> None:
    with LoadedProgram(compiled("opens"), name) as program:
        maps = program.maps()
        assert {section_map(name, section) for section in (".rodata", ".data", ".bss")} | {"events"} == set(maps)
        assert all(len(found) <= 15 for found in maps)
        assert program.map_named("events").type == 27


def test_long_names_are_cut_as_libbpf_cuts_them() -> None:
    assert section_map("opensnoop", ".rodata") == "opensnoo.rodata"
    assert section_map("opensnoop", ".bss") == "opensnoo.bss"
    assert section_map("opensnoop", ".rodata.mine") == ".rodata.mine"
    assert kernel_name("a-very-long-name-of-a-package") == "a_very_long_nam"


def test_custom_types_really_replace_the_kernels(compiled: Any, tmp_path: Path) -> None:
    path = tmp_path / "no.btf"
    path.write_bytes(b"\x9f\xeb\x01\x00" + (24).to_bytes(4, "little") + bytes(16))
    with LoadedProgram(compiled("sizes"), "sizes", btf_path=str(path)) as program, pytest.raises(Unsupported):
        program.load()


def test_a_programs_sections_and_programs_are_listed(compiled: Any) -> None:
    with LoadedProgram(compiled("attach"), "attach") as program:
        assert [(one.name, one.section) for one in program.programs] == [
            ("attaches", "raw_tp/sys_enter"),
            ("cannot", "tp/sched/nothing_of_the_kind"),
        ]


def test_libbpf_never_prints_by_itself_and_its_log_is_bounded(compiled: Any, capfd: pytest.CaptureFixture[str]) -> None:
    library = system_library()
    library.log.take()
    for _ in range(60):
        with LoadedProgram(compiled("rejected"), "rejected") as program, pytest.raises(OSError, match="denied"):
            library.done("bpf_object__load", program._object)
        library.log.hear(9, 0, 0)
    assert "invalid mem access" in library.log.take()
    with pytest.raises(OSError):
        for _ in range(2000):
            library.open(b"\x7fELF" * 50, name="x")
    assert len(library.log.take()) <= LOG_LIMIT
    assert capfd.readouterr() == ("", "")


def test_closing_twice_does_nothing(compiled: Any) -> None:
    program = LoadedProgram(compiled("flood"), "flood")
    program.load()
    program.attach()
    assert program.lost_events() == 0
    program.close()
    program.close()
