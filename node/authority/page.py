"""The pages of the sign-in, as HTML without scripts: the form, the code to copy, an error. Not the hub's web site."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from aiohttp import web

_STYLE = (
    ":root{color-scheme:light dark;font:1.05rem/1.5 system-ui,sans-serif}"
    "main{max-width:24rem;margin:12vh auto;padding:0 1rem}"
    "label{display:block;margin-top:1rem}"
    "input,button{font:inherit;width:100%;box-sizing:border-box;padding:.5rem}"
    "button{margin-top:1.5rem}"
    "output{font:1.1rem monospace;overflow-wrap:anywhere;user-select:all}"
    ".wrong{font-weight:bold}"
)
_FIELDS = (
    '<label for="identity">Identity</label>'
    '<input id="identity" name="identity" autocomplete="username" maxlength="254" required autofocus>'
    '<label for="password">Password</label>'
    '<input id="password" name="password" type="password" autocomplete="current-password" maxlength="1024" required>'
    "<button>Sign in</button>"
)
_ONLY_IF = "Go on only if you have just started it yourself."
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()


def login_page(
    *, origin: str, path: str, ticket: str, answer_to: str, own: bool = False, wrong: str = "", status: int = 200
) -> web.Response:
    """The form. `answer_to` is the loopback origin that gets the code, or empty when the person carries it.

    With `own` it is the hub's own pages that one signs in to.
    """
    receiver = f"The program at {answer_to} on this machine" if answer_to else "A program that will ask you for a code"
    body = (
        f"<h1>Sign in to {escape(origin)}</h1>"
        + (f"<p>{escape(receiver)} wants to sign in your name. {_ONLY_IF}</p>" if not own else "")
        + (f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else "")
        + f'<form method="post" action="{escape(path)}">'
        f'<input type="hidden" name="ticket" value="{escape(ticket)}">{_FIELDS}</form>'
    )
    # browsers apply form-action to the redirect that answers the form too
    return _page("Sign in", body, status=status, form_action=f"'self' {answer_to}".strip())


def device_page(*, origin: str, path: str, code: str, wrong: str = "", status: int = 200) -> web.Response:
    """The form for a program on another device; `code` is what that program shows, or empty to be typed."""
    body = (
        f"<h1>Sign in to {escape(origin)}</h1>"
        "<p>A program on another device wants to sign in your name. Go on only if you have just started it yourself,"
        " and it shows this code.</p>"
        + (f'<p class="wrong" role="alert">{escape(wrong)}</p>' if wrong else "")
        + f'<form method="post" action="{escape(path)}"><label for="code">Code</label>'
        f'<input id="code" name="user_code" value="{escape(code)}" autocomplete="off" maxlength="32" required>'
        f"{_FIELDS}</form>"
    )
    return _page("Sign in", body, status=status, form_action="'self'")


def device_done_page(identity: str) -> web.Response:
    """What a person sees when the program on the other device may go on."""
    return _page("Signed in", f"<h1>Signed in</h1><p>The program goes on as {escape(identity)}. Close this page.</p>")


def code_page(code: str) -> web.Response:
    """The code for people who carry it to a terminal themselves."""
    return _page(
        "Your code",
        f"<h1>Your code</h1><p>Paste it into your own terminal, nowhere else:</p><output>{escape(code)}</output>",
    )


def error_page(what: str, *, status: int) -> web.Response:
    """An error that must not be told to whoever asked."""
    return _page("Sign-in failed", f'<h1>Sign-in failed</h1><p role="alert">{escape(what)}</p>', status=status)


def _page(title: str, body: str, *, status: int = 200, form_action: str = "'none'") -> web.Response:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
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
    }
    return web.Response(text=text, content_type="text/html", status=status, headers=headers)
