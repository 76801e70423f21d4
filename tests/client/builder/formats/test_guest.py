"""app.wasm: a program's own user space, which loads, attaches, and writes what `ecli run` of the package writes."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable

import pytest
from wasmtime import Func, Linker, Module, Store, WasiConfig

from .conftest import GETPPID, PROGRAMS, Forms

FILTERS = (f"--process={os.getpid()}", f"--number={GETPPID}")


def test_its_json_is_that_of_the_package(forms: Callable[[str], Forms]) -> None:
    told = forms("told")
    by_guest = told.lines("app.wasm", *FILTERS, "--json")
    by_package = told.lines("told-1.2.3.bpf", *FILTERS, options=("--json",))
    assert by_guest and set(by_guest) == set(by_package)
    event = json.loads(by_guest[0])
    assert event["text"] == 'a"b\n\x01' and event["big"] == 0xFEDCBA9876543210
    assert (event["doing"], event["unnamed"], event["wide"]) == ("WORKING", 3, str(2**100 + 5))
    assert (event["place.x"], event["place.y"], event["bytes"]) == (-1, 2, [-128, 0])


def test_its_table_has_a_header_and_a_column_for_each_field(forms: Callable[[str], Forms]) -> None:
    head, *lines = forms("told").lines("app.wasm", "-p", os.getpid(), "--number", hex(GETPPID))
    assert re.fullmatch(r"TIME +BIG +BELOW +SMALL +YES +TEXT +DOING .*", head)
    assert re.match(r'\d\d:\d\d:\d\d 18364758544493064720 -7 +255 +true +a\\"b\\n\\u0001 +WORKING +3 ', lines[0])
    assert lines[0].index("WORKING") == head.index("DOING")


def test_options_of_the_program_are_its_options(forms: Callable[[str], Forms]) -> None:
    told = forms("told")
    words = (*FILTERS, "-j", "--share", "77", "--text=xyz", "--enable-twice", "--disable-twice")
    events = [json.loads(line) for line in told.lines("app.wasm", *words)]
    assert {(event["text"], event["numbers"][1]) for event in events} == {("xyz", 77)}


def test_help_says_what_it_is_and_takes(forms: Callable[[str], Forms]) -> None:
    text = forms("told").ecli.run("run", forms("told") / "app.wasm", "--help").stdout
    assert text.startswith("told 1.2.3: Tells of system calls\n")
    assert re.search(r"^  -p, --process VALUE +Only this process$", text, re.MULTILINE)
    assert re.search(r"^  --twice +", text, re.MULTILINE)


@pytest.mark.parametrize("word", ["--help", "-jh"])
def test_success_is_told_by_returning(word: str, forms: Callable[[str], Forms]) -> None:
    """wasm-bpf's runtime takes proc_exit for a failure, with 0 too."""
    store = Store()
    wasi = WasiConfig()
    wasi.argv = ("told", word)
    store.set_wasi(wasi)
    linker = Linker(store.engine)
    linker.define_wasi()
    module = Module.from_file(store.engine, str(forms("told") / "app.wasm"))
    linker.define_unknown_imports_as_traps(module)
    start = linker.instantiate(store, module).exports(store)["_start"]
    assert isinstance(start, Func)
    assert start(store) is None  # what proc_exit does is raise


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--nothing",), "there is no option --nothing"),
        (("-z",), "there is no option -z"),
        (("stray",), "nothing but options is taken: stray"),
        (("--process",), "a value is missing behind --process"),
        (("--process", "many"), "no number that fits is given to --process"),
        (("--process", "0x1ffffffff"), "no number that fits is given to --process"),
        (("--text", "eight ch"), "too long a text is given to --text"),
        (("--twice=maybe",), "neither true nor false is given to --twice"),
    ],
)
def test_wrong_words_end_it_with_2(words: tuple[str, ...], said: str, forms: Callable[[str], Forms]) -> None:
    done = forms("told").ecli.run("run", forms("told") / "app.wasm", *words, expect=2)
    assert f"error: {said}\n" in done.stderr


def test_sampled_maps_are_tables_and_histograms(forms: Callable[[str], Forms]) -> None:
    kept = forms("kept")
    text = "\n".join(kept.lines("app.wasm", f"--process={os.getpid()}"))
    assert re.search(r"^TIME +PROCESS +WORD +VALUE\n\d\d:\d\d:\d\d \d+ +them +42$", text, re.MULTILINE)
    assert re.search(r'^\d\d:\d\d:\d\d \{"key":9\}\n +calls +: count     distribution$', text, re.MULTILINE)
    assert re.search(r"^ +0 -> +1 +: +1 +\|\*{10} {30}\|$", text, re.MULTILINE)
    assert re.search(r"^ +8 -> +15 +: +4 +\|\*{40}\|$", text, re.MULTILINE)
    lines = [json.loads(line) for line in kept.lines("app.wasm", f"--process={os.getpid()}", "--json")]
    assert {"event": "counts", "process": os.getpid(), "word": "them", "value": 42} in lines
    assert {"event": "hists", "key": 9, "slots": [1, 0, 0, 4, 0, 0, 0, 0]} in lines


def test_what_it_leaves_out_is_said(forms: Callable[[str], Forms]) -> None:
    kept = forms("kept")
    source = kept.folder.parent / "sources" / "kept.bpf.c"
    source.parent.mkdir()
    source.write_bytes((PROGRAMS / "kept.bpf.c").read_bytes())
    done = kept.ecli.run("build", source, "--format", "app.wasm")
    assert "note: map spread is not shown by app.wasm" in done.stdout
    assert [path.name for path in (source.parent / "dist").iterdir()] == ["app.wasm"]


def test_it_is_small_and_the_same_every_time(forms: Callable[[str], Forms]) -> None:
    told = forms("told")
    module = (told / "app.wasm").read_bytes()
    assert len(module) < 24 * 1024
    told.ecli.run("build", PROGRAMS / "told.bpf.c", "--format", "app.wasm", "-o", told / "again.wasm")
    assert (told / "again.wasm").read_bytes() == module
