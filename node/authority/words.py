"""The words of the sign-in's own pages, in both languages: one field a message, so that none can be missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInWords:
    """One language; `tag` is its name in HTML (BCP 47)."""

    tag: str
    heading: str  # {origin}
    identity: str
    password: str
    send: str
    wrong: str
    by_program: str  # {address}
    by_terminal: str
    by_device: str
    code: str
    unknown_code: str
    done: str
    done_text: str  # {identity}
    your_code: str
    your_code_text: str
    failed: str
    too_often: str  # {seconds}
    later: str


ENGLISH = SignInWords(
    tag="en",
    heading="Sign in to {origin}",
    identity="Identity",
    password="Password",  # noqa: S106
    send="Sign in",
    wrong="Identity or password is wrong.",
    by_program=(
        "The program at {address} on this machine wants to sign in your name. "
        "Go on only if you have just started it yourself."
    ),
    by_terminal=(
        "A program that will ask you for a code wants to sign in your name. "
        "Go on only if you have just started it yourself."
    ),
    by_device=(
        "A program on another device wants to sign in your name. "
        "Go on only if you have just started it yourself, and it shows this code."
    ),
    code="Code",
    unknown_code="This code is unknown, used, or too old. Compare it with what your program shows.",
    done="Signed in",
    done_text="The program goes on as {identity}. Close this page.",
    your_code="Your code",
    your_code_text="Paste it into your own terminal, nowhere else:",
    failed="Sign-in failed",
    too_often="That was tried too often. Try again in {seconds} seconds.",
    later="The service cannot answer now. Try again later.",
)

CHINESE = SignInWords(
    tag="zh-Hans",
    heading="登录 {origin}",
    identity="身份",
    password="密码",  # noqa: S106
    send="登录",
    wrong="身份或密码不正确。",
    by_program="本机上位于 {address} 的程序想以您的名义签名。只有当它是您刚刚自己启动的，才继续。",
    by_terminal="一个稍后会向您索要授权码的程序想以您的名义签名。只有当它是您刚刚自己启动的，才继续。",
    by_device="另一台设备上的程序想以您的名义签名。只有当它是您刚刚自己启动的，并且显示的授权码与此相同，才继续。",
    code="授权码",
    unknown_code="这个授权码不存在、已被使用或已过期。请与程序显示的授权码核对。",
    done="已登录",
    done_text="程序将以 {identity} 的身份继续。您可以关闭本页。",
    your_code="您的授权码",
    your_code_text="只粘贴到您自己的终端，不要用在别处：",
    failed="登录失败",
    too_often="尝试过于频繁。请在 {seconds} 秒后重试。",
    later="服务暂时无法应答，请稍后重试。",
)

SIGN_IN_WORDS: Mapping[str, SignInWords] = {"en": ENGLISH, "zh": CHINESE}
