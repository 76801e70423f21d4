"""The audit log: everything that was given or refused is in it, and nothing that could be used again."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from ebpfhub.node.authority import audit as module
from ebpfhub.node.authority.audit import Audit, Record, What
from ebpfhub.node.authority.audit_reader import Filter, read_audit
from ebpfhub.schemas.errors import StorageFailed

from .running import ALICE, HUB_TOKEN, PASSWORD, ROBOT, Authority
from .test_login import open_form, submit
from .test_services import ask
from .test_token_endpoint import exchange


def events(folder: Path, **wanted: Any) -> list[dict[str, Any]]:
    return list(read_audit(folder, Filter(**wanted)))


def text(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.iterdir())


async def test_a_certificate_is_recorded_with_whom_it_names_before_it_is_given(authority: Authority) -> None:
    answer, _ = await ask(authority, authority.token())
    (event,) = events(authority.folder / "audit")
    assert (event["what"], event["result"], event["who"]) == ("certificate", "given", ALICE)
    assert (event["issuer"], event["address"]) == (authority.keys.issuer, "127.0.0.1")
    assert event["request"] == answer.headers["EbpfHub-Request"]
    assert (
        re.fullmatch(r"[0-9a-f]{64}", event["sha256"]) and int(event["serial"], 16) and event["until"] > event["time"]
    )


async def test_a_refused_certificate_is_recorded_with_the_reason(authority: Authority) -> None:
    token = authority.token()
    await ask(authority, token, body={"certificateSigningRequest": "bm8="})
    await ask(authority, "")
    await ask(authority, token[:-8] + "AAAAAAAA")
    told = events(authority.folder / "audit", refused=True)
    assert [event["who"] for event in told] == ["", "", ""]  # nobody was proven yet
    assert "PKCS #10" in told[0]["reason"] and "no identity token" in told[1]["reason"]
    assert token not in text(authority.folder / "audit") and token[-20:] not in text(authority.folder / "audit")


async def test_sign_ins_are_recorded_and_what_was_typed_is_not(authority: Authority) -> None:
    typed = ("my secret in the wrong field", "secret@wrong.field", ALICE)
    for identity in typed:
        _, ticket, _ = await open_form(authority)
        await submit(authority, ticket, identity, "another secret")
    _, ticket, _ = await open_form(authority)
    await submit(authority, ticket)
    told = [(event["result"], event["who"], event["way"]) for event in events(authority.folder / "audit")]
    assert told == [("refused", "", "browser")] * 2 + [("refused", ALICE, "browser"), ("given", ALICE, "browser")]
    assert "secret" not in text(authority.folder / "audit") and PASSWORD not in text(authority.folder / "audit")


async def test_hub_tokens_are_recorded_by_whose_they_are(authority: Authority) -> None:
    await exchange(authority)
    await exchange(authority, subject_token="stolen?")
    given, refused = events(authority.folder / "audit")
    assert (given["who"], given["way"]) == (ROBOT, "hub token") and refused["result"] == "refused"
    assert HUB_TOKEN not in text(authority.folder / "audit") and "stolen?" not in text(authority.folder / "audit")


async def test_a_certificate_that_cannot_be_recorded_is_not_given(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    (authority.folder / "audit").write_text("a file where the folder should be")
    answer, content = await ask(authority, authority.token())
    assert answer.status == 507 and "signedCertificate" not in str(content)


async def test_files_turn_over_by_size_and_refusals_never_push_out_what_was_given(tmp_path: Path) -> None:
    audit = Audit(tmp_path / "audit", max_file_bytes=1000)
    for number in range(60):
        record = Record(What.CERTIFICATE, "192.0.2.1", who=f"{number}@example.org")
        await audit.given(record)
        await audit.refused(record, "too many requests " + "x" * 200)
    files = sorted(path.name for path in (tmp_path / "audit").iterdir())
    assert sum(name.startswith("refused") for name in files) == module.KEPT_REFUSALS
    assert sum(name.startswith("given") for name in files) > module.KEPT_REFUSALS
    assert [event["who"] for event in events(tmp_path / "audit") if event["result"] == "given"] == [
        f"{number}@example.org" for number in range(60)
    ]
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "audit").iterdir()} == {0o600}
    assert max(path.stat().st_size for path in (tmp_path / "audit").iterdir()) <= 1000


async def test_a_machine_that_died_within_a_line_costs_that_line_alone(tmp_path: Path) -> None:
    audit, path = Audit(tmp_path), tmp_path / "given.jsonl"
    await audit.given(Record(What.SIGN_IN, "a"))
    path.write_bytes(path.read_bytes()[:-20])
    await audit.given(Record(What.SIGN_IN, "b"))
    with path.open("ab") as file:
        file.write(b'[]\n{"time": 1}\n\xff\n')
    assert [event["address"] for event in events(tmp_path)] == ["b"]


async def test_what_a_stranger_sends_stays_within_its_line(tmp_path: Path) -> None:
    await Audit(tmp_path).refused(Record(What.CERTIFICATE, "a"), "\x1b[31m\n{}" + "x" * 5000)
    (event,) = events(tmp_path)
    assert event["reason"].startswith("?[31m?{}") and len(event["reason"]) == module.MAX_REASON_CHARS
    assert len((tmp_path / "refused.jsonl").read_text().splitlines()) == 1


async def test_a_link_in_the_place_of_the_log_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "given.jsonl").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageFailed):
        await Audit(tmp_path).given(Record(What.SIGN_IN, "a"))
    assert not (tmp_path / "elsewhere").exists()


async def test_events_are_found_by_time_and_by_whom(tmp_path: Path) -> None:
    audit = Audit(tmp_path)
    for who in ("a@x.org", "b@x.org"):
        await audit.given(Record(What.SIGN_IN, "", who=who))
    first, second = events(tmp_path)
    assert events(tmp_path, since=second["time"])[-1] == second
    assert events(tmp_path, who="a@x.org") == [first] and events(tmp_path, since="9999") == []
    assert json.loads((tmp_path / "given.jsonl").read_text().splitlines()[0]) == first


def test_a_hub_without_events_has_an_empty_log(tmp_path: Path) -> None:
    assert events(tmp_path / "nothing") == []
