"""The pages of the sign-in, as HTML without scripts: the form, the code to copy, an error. Not the hub's web site."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from aiohttp import web

from ..language import COOKIE, chosen
from .words import SIGN_IN_WORDS, SignInWords

_STYLE = (
    ":root{color-scheme:light dark;--ground:#fbfcfb;--raised:#fff;--sunken:#f1f4f2;--ink:#17201c;--quiet:#55625b;"
    "--accent:#0a6552;--accent-ink:#fff;--bad:#a3261d;"
    'font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","PingFang SC","Microsoft YaHei",'
    '"Noto Sans CJK SC",sans-serif}'
    "@media (prefers-color-scheme:dark){:root{--ground:#111614;--raised:#181f1c;--sunken:#1e2623;--ink:#e4ebe7;"
    "--quiet:#9fada6;--accent:#66d1b0;--accent-ink:#06241c;--bad:#ffa39b}}"
    "body{margin:0;background:var(--ground);color:var(--ink)}"
    "main{max-width:24rem;margin:10vh auto;padding:0 1rem;overflow-wrap:anywhere}"
    "h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 1rem}"
    "a{color:var(--accent)}"
    "label{display:block;margin:1rem 0 .25rem}"
    "input,button{font:inherit;width:100%;box-sizing:border-box;padding:.6rem .8rem;border-radius:8px}"
    "input{color:inherit;background:var(--raised);border:1px solid var(--quiet)}"
    "button{margin-top:1.5rem;border:0;background:var(--accent);color:var(--accent-ink);font-weight:600;cursor:pointer}"
    ":focus-visible{outline:2px solid var(--accent);outline-offset:2px}"
    "output{display:block;font:1.1rem ui-monospace,monospace;user-select:all;background:var(--sunken);"
    "padding:.8rem 1rem;border-radius:8px}"
    ".wrong{font-weight:600;color:var(--bad)}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def words_of(request: web.Request) -> SignInWords:
    """The words in the language that the hub's pages would have for this request."""
    return SIGN_IN_WORDS[chosen("", request.cookies.get(COOKIE, ""), request.headers.get("Accept-Language", ""))]


def login_page(
    words: SignInWords,
    *,
    origin: str,
    path: str,
    ticket: str,
    answer_to: str,
    own: bool = False,
    wrong: str = "",
    status: int = 200,
) -> web.Response:
    """The form. `answer_to` is the loopback origin that gets the code, or empty when the person carries it.

    With `own` it is the hub's own pages that one signs in to.
    """
    asking = words.by_program.format(address=answer_to) if answer_to else words.by_terminal
    body = (
        _heading(words, origin)
        + (f"<p>{escape(asking)}</p>" if not own else "")
        + _wrong(wrong)
        + f'<form method="post" action="{escape(path)}">'
        f'<input type="hidden" name="ticket" value="{escape(ticket)}">{_fields(words)}</form>'
    )
    # browsers apply form-action to the redirect that answers the form too
    return _page(
        words, words.heading.format(origin=origin), body, status=status, form_action=f"'self' {answer_to}".strip()
    )


def device_page(
    words: SignInWords, *, origin: str, path: str, code: str, wrong: str = "", status: int = 200
) -> web.Response:
    """The form for a program on another device; `code` is what that program shows, or empty to be typed."""
    body = (
        _heading(words, origin)
        + f"<p>{escape(words.by_device)}</p>"
        + _wrong(wrong)
        + f'<form method="post" action="{escape(path)}"><label for="code">{escape(words.code)}</label>'
        f'<input id="code" name="user_code" value="{escape(code)}" autocomplete="off" maxlength="32" required>'
        f"{_fields(words)}</form>"
    )
    return _page(words, words.heading.format(origin=origin), body, status=status, form_action="'self'")


def device_done_page(words: SignInWords, identity: str) -> web.Response:
    """What a person sees when the program on the other device may go on."""
    told = escape(words.done_text.format(identity=identity))
    return _page(words, words.done, f'<h1>{escape(words.done)}</h1><p role="status">{told}</p>')


def code_page(words: SignInWords, code: str) -> web.Response:
    """The code for people who carry it to a terminal themselves."""
    body = f"<h1>{escape(words.your_code)}</h1><p>{escape(words.your_code_text)}</p><output>{escape(code)}</output>"
    return _page(words, words.your_code, body)


def error_page(words: SignInWords, what: str, *, status: int, lang: str = "") -> web.Response:
    """An error that must not be told to whoever asked; `lang` is that of `what` where it has no translation."""
    spoken = f' lang="{escape(lang)}"' if lang else ""
    told = f'<p role="alert"{spoken}>{escape(what)}</p>'
    return _page(words, words.failed, f"<h1>{escape(words.failed)}</h1>{told}", status=status)


def _heading(words: SignInWords, origin: str) -> str:
    return f"<h1>{escape(words.heading.format(origin=origin))}</h1>"


def _wrong(text: str) -> str:
    return f'<p class="wrong" role="alert">{escape(text)}</p>' if text else ""


def _fields(words: SignInWords) -> str:
    return (
        f'<label for="identity">{escape(words.identity)}</label>'
        '<input id="identity" name="identity" autocomplete="username" maxlength="254" required autofocus>'
        f'<label for="password">{escape(words.password)}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024"'
        " required>"
        f"<button>{escape(words.send)}</button>"
    )


def _page(words: SignInWords, title: str, body: str, *, status: int = 200, form_action: str = "'none'") -> web.Response:
    text = (
        f'<!doctype html><html lang="{words.tag}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
    )
    policy = (
        f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action {form_action}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "X-Frame-Options": "DENY",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cache-Control": "no-store",
        "Vary": "Accept-Language, Cookie",
        "Content-Language": words.tag,
    }
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
