"""Both languages say the same things: no message, placeholder, permission or command is missing in one."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from pathlib import Path
from string import Formatter
from typing import Any

import pytest
from ebpfhub.client.commands.root import cli
from ebpfhub.node.authority.audit import What
from ebpfhub.node.language import preferred
from ebpfhub.node.web import views
from ebpfhub.node.web.admin.words import ADMIN_WORDS
from ebpfhub.node.web.languages import languages
from ebpfhub.node.web.words import Words
from ebpfhub.schemas import media
from ebpfhub.schemas.bpf_helpers import Effect
from ebpfhub.schemas.permission_rules import EFFECTS, PROGRAM_TYPES, Category, Group
from ebpfhub.schemas.record import State
from hypothesis import given
from hypothesis import strategies as st

TEMPLATES = Path(views.__file__).parent / "templates"
EVERY = pytest.mark.parametrize("words", languages().values(), ids=languages().keys())


def _placeholders(text: str) -> set[str | None]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _messages(words: Any, before: str = "") -> dict[str, Any]:
    """All messages by their names in templates: those of a page's own words stand behind its name."""
    found: dict[str, Any] = {}
    for field in fields(words):
        value = getattr(words, field.name)
        found |= _messages(value, f"{field.name}.") if is_dataclass(value) else {before + field.name: value}
    return found


def test_messages_hold_the_same_placeholders() -> None:
    for words in languages().values():
        others = _messages(words)
        for name, told in _messages(languages()["en"]).items():
            if isinstance(told, str):
                assert others[name].strip(), name
                assert _placeholders(others[name]) == _placeholders(told), name
            else:
                assert others[name].keys() == told.keys(), name


@EVERY
def test_every_message_is_used(words: Words) -> None:
    used = "".join(path.read_text() for path in [*TEMPLATES.glob("*.html"), *TEMPLATES.parent.glob("*.py")])
    for name in _messages(words):
        if name not in ("code", "tag", "name", "meanings"):
            assert re.search(rf"\b(?:w|words)\.{re.escape(name)}\b", used), name


def test_every_event_of_the_audit_log_has_words() -> None:
    for words in ADMIN_WORDS.values():
        assert set(words.kinds) == {what.value for what in What}
        assert set(words.about) == set(ADMIN_WORDS["en"].about)


@EVERY
def test_everything_that_a_permission_can_be_has_words(words: Words) -> None:
    assert set(words.categories) == set(words.category_notes) == set(Category)
    assert set(words.states) == set(State)
    assert set(words.media) == media.LAYERS | {media.PACKAGE_CONFIG}
    possible = {meaning for effect in Effect for meaning in EFFECTS[effect]}
    possible |= {meaning for meanings in PROGRAM_TYPES.values() for meaning in meanings}
    possible |= {(Category.CHANGES, Group.SCHEDULING), (Category.PERSISTS, Group.PINS)}
    assert possible <= set(words.meanings)


def test_chinese_is_written_in_chinese() -> None:
    plain = {"code", "tag", "type_array", "bracketed", "colon", "linux"}
    for name, value in _messages(languages()["zh"]).items():
        if isinstance(value, str) and name not in plain:
            assert re.search("[\u4e00-\u9fff]", value), name


def test_documentation_names_real_commands_and_the_same_in_both_languages() -> None:
    found = {}
    for code in languages():
        text = (TEMPLATES / f"docs.{code}.html").read_text()
        found[code] = re.findall(r"(?:^|<code>)ecli ([a-z]+)", text, re.M)
        assert re.findall(r'<h2 id="(\w+)">', text) == ["install", "trust", "find", "run", "offline", "publish"]
    assert found["en"] == found["zh"]
    assert len(found["en"]) > 10
    assert set(found["en"]) <= set(cli.commands) | {"run"}


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("", "en"),
        ("zh", "zh"),
        ("zh-Hant-TW;q=0.2, en;q=0.1", "zh"),
        ("en;q=0, zh;q=0.1", "zh"),
        ("*", "en"),
        ("ZH-cn", "zh"),
        ("zh;q=2", "en"),
        ("fr, de", "en"),
    ],
)
def test_browser_language_is_understood(header: str, code: str) -> None:
    assert preferred(header) == code


@given(st.text())
def test_any_header_gives_a_language(header: str) -> None:
    assert preferred(header) in languages()
