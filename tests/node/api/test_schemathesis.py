"""Schemathesis against a running hub: whatever it makes of the document, answers are those that the document promises."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from ...hubs import RunningHub

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,"
    "response_schema_conformance,negative_data_rejection,positive_data_acceptance,unsupported_method"
)


def test_generated_requests_get_the_answers_that_are_documented(hub: RunningHub) -> None:
    """POST /api/v1/mirrors is left to other tests: a hub asks the addresses that it is given."""
    generate(hub, "--exclude-method", "POST")


def test_generated_requests_of_an_admin_do_too(tmp_path: Path) -> None:
    """What revokes tokens is left to other tests: the generator would find its own among them."""
    admins = RunningHub.make(tmp_path / "hub")
    with admins.serving():
        credentials = f"Authorization: Bearer {admins.token(role='admin')}"
        admins.token("other@example.org", role="reader")
        chosen = ("--include-path-regex", "^/api/v1/admin/", "--exclude-operation-id-regex", "^revoke_")
        told = generate(admins, *chosen, "--header", credentials)
    assert "Tested: 13" in told and "Authentication failed" not in told


def generate(hub: RunningHub, *options: str) -> str:
    """What schemathesis says of the operations that `options` choose, when it has nothing to complain of."""
    # in a process of its own: its warnings are not this suite's errors
    command = [
        *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"),
        *(f"{hub.url}/api/v1/openapi.json", "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", *options),
        *("--max-examples", "15", "--seed", "1", "--generation-database", "none"),
        *("--header", "Accept: application/json", "--no-color"),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tested: [1-9]", done.stdout), done.stdout
    return done.stdout
