"""What errors say to people: English as sentences, and in Chinese where it is a message that people meet on pages.

The messages themselves are made where something fails, in English: they go to programs and logs too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from .words import Words

_ROLES = {"reader": "读者", "publisher": "发布者", "maintainer": "维护者", "admin": "管理员"}
_FIELDS = {"text": "评论", "reason": "原因", "days": "天数", "name": "名称", "scope": "权限"}
# whole messages, as patterns; what is named in one stands in braces in its translation
_CHINESE: Mapping[str, str] = {
    r"your role does not allow this": "您的角色不允许此操作。",
    r"It needs the role (?P<role>\w+)\.": "需要“{role}”角色。",
    r"this token is not for this": "这个令牌不能用于此操作。",
    r"a token may do no more than those who make it": "令牌的权限不能超过创建者自己的权限。",
    r"this needs a login": "请先登录。",
    r"another site sent this request": "这个请求是由另一个网站发出的。",
    r"this form is not of this session": "这个表单不属于当前会话。",
    r"this form cannot be read": "无法读取这个表单。",
    r"Open the page again, and send the form from there\.": "请重新打开页面，在那里提交表单。",
    r"too many requests": "请求过于频繁。",
    r"Try again in (?P<seconds>\d+) s\.": "请在 {seconds} 秒后重试。",
    r"there is no such (?:package|package or version)": "这个 Hub 的日志中没有这个软件包或版本。",
    r"there is no such comparison": "没有这样的版本比较。",
    r"there is no such manual": "没有这份手册。",
    r"the manual has no such section": "手册中没有这一节。",
    r"the API has no such operation": "API 中没有这个操作。",
    r"nobody of that name has published here": "没有人以这个身份发布过软件包。",
    r"there is no such comment": "没有这条评论。",
    r"you have (?P<count>\d+) comments on this package": "您对这个软件包的评论已达 {count} 条。",
    r"Edit or delete one of them\.": "请编辑或删除其中一条。",
    r"a maintainer has hidden this comment": "维护者已隐藏这条评论。",
    r"You can delete it\.": "您可以删除它。",
    r"this comment is yours": "这是您自己的评论。",
    r"You can edit or delete it\.": "您可以编辑或删除它。",
    r"this comment is somebody else's": "这是别人的评论。",
    r"(?P<field>\w+): must not be empty": "{field}不能为空。",
    r"(?P<field>\w+): must have at most (?P<limit>\d+) characters, not (?P<count>\d+)": (
        "{field}最多 {limit} 个字符，现有 {count} 个。"
    ),
    r"(?P<field>\w+): must not hold control characters": "{field}不能包含控制字符。",
    r"(?P<field>\w+): must be 1 to (?P<limit>\d+)": "{field}必须在 1 到 {limit} 之间。",
    r"this identity belongs to somebody who signs in elsewhere": "这个身份属于在别处登录的用户。",
    r"this account is closed": "这个账户已关闭。",
    r"Ask the hub's operator\.": "请联系 Hub 的运营者。",
    r"nobody here has this (?:identity|name)": "这里没有这个身份。",
    r"nobody has claimed this namespace": "这个命名空间还没有人认领。",
    r"nobody changes their own role": "任何人都不能更改自己的角色。",
    r"this sign-in is unknown, used, or too old": "这次登录无法识别、已完成或已过期。",
    r"this sign-in was begun in another browser, or cookies are off": "这次登录始于另一个浏览器，或者 Cookie 被禁用。",
    r"Start again\.": "请重新开始。",
    r"there is no such way to sign in": "没有这种登录方式。",
    r"the provider did not let you in": "身份提供方拒绝了登录。",
    r"the provider does not answer": "身份提供方没有应答。",
    r"Identity or password is wrong\.": "身份或密码不正确。",
    r"something went wrong in the hub": "Hub 内部出错。",
}
_NAMED = re.compile(r"[\w.-]+: ")  # what is asked begins the message, as it is spelt
_PATTERNS = tuple((re.compile(pattern), told) for pattern, told in _CHINESE.items())


def told(text: str, words: Words) -> str:
    """A message as a sentence in the language of a page; marked as English where it has no translation."""
    if not text:
        return ""
    first = text[0] if _NAMED.match(text) else text[0].upper()
    sentence = first + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")
    if words.code == "en":
        return sentence
    return translated(text, words) or Markup('<span lang="en">{}</span>').format(sentence)


def translated(text: str, words: Words) -> str:
    """A message in the language of a page; empty where it has no translation."""
    if words.code != "zh":
        return ""
    for pattern, translation in _PATTERNS:
        if match := pattern.fullmatch(text):
            return translation.format(**{name: _value(name, value) for name, value in match.groupdict().items()})
    return ""


def _value(name: str, value: str) -> str:
    return {"role": _ROLES, "field": _FIELDS}.get(name, {}).get(value, value)
