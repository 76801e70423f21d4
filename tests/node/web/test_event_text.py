"""Facts of audit events in words: quotas as sizes, scopes and roles as pages name them, operators' reasons untouched."""

from __future__ import annotations

import pytest
from ebpfhub.node.web.admin.event_text import event_text
from ebpfhub.node.web.languages import languages


@pytest.mark.parametrize(
    ("name", "value", "english", "chinese"),
    [
        ("quota", "524288000 bytes, 1000 packages", "500 MiB, 1,000 packages", "500 MiB\uff0c1,000 个软件包"),
        ("quota", "default", "the default", "默认值"),
        ("scopes", "read publish:tools", "read, publish in tools", "读取、在 tools 中发布"),
        ("role", "maintainer", "maintainer", "维护者"),
        ("reason", "Identity or password is wrong.", "Identity or password is wrong.", "身份或密码不正确。"),
        ("reason", "stolen <token>", "stolen <token>", "stolen <token>"),
        ("way", "carrier pigeon", "carrier pigeon", "carrier pigeon"),
    ],
)
def test_facts_are_told_in_both_languages(name: str, value: str, english: str, chinese: str) -> None:
    assert event_text(value, name, languages()["en"]) == english
    assert event_text(value, name, languages()["zh"]) == chinese
