"""Errors in words: sentences in English, Chinese where pages meet them, and what has no translation marked as English."""

from __future__ import annotations

import pytest
from ebpfhub.node.web.chinese import CHINESE
from ebpfhub.node.web.english import ENGLISH
from ebpfhub.node.web.told import told
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "chinese"),
    [
        ("your role does not allow this", "您的角色不允许此操作。"),
        ("It needs the role maintainer.", "需要“维护者”角色。"),
        ("Try again in 30 s.", "请在 30 秒后重试。"),
        ("text: must have at most 2000 characters, not 2001", "评论最多 2000 个字符\uff0c现有 2001 个。"),
        ("days: must be 1 to 365", "天数必须在 1 到 365 之间。"),
    ],
)
def test_what_people_meet_is_told_in_chinese(text: str, chinese: str) -> None:
    assert told(text, CHINESE) == chinese


def test_english_messages_are_sentences() -> None:
    assert told("your role does not allow this", ENGLISH) == "Your role does not allow this."
    assert told("days: must be 1 to 365", ENGLISH) == "days: must be 1 to 365."
    assert told("", ENGLISH) == told("", CHINESE) == ""


@given(st.text(min_size=1, max_size=200))
def test_anything_else_stays_as_it_is_escaped_and_marked_as_english(text: str) -> None:
    shown = told(f"<b>{text}", CHINESE)
    assert shown.startswith('<span lang="en">&lt;b&gt;') and shown.count("<") == 2
